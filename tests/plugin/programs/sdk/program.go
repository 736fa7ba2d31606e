// Package program is a program over the generated Go SDK: it has to compile.
package program

import (
	"pulumi-unikernel/sdk/go/unikernel"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program declares one guest.
func Program(ctx *pulumi.Context) error {
	provider, err := unikernel.NewProvider(ctx, "host", &unikernel.ProviderArgs{
		Accelerator: unikernel.AcceleratorTcg,
		Connection:  pulumi.String("qemu:///system"),
		MemoryLimit: pulumi.Int(256),
	})
	if err != nil {
		return err
	}
	host, err := unikernel.GetHost(ctx, &unikernel.GetHostArgs{}, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	data, err := unikernel.NewBlockImage(ctx, "data", &unikernel.BlockImageArgs{
		Source: pulumi.String("./data"),
		Format: unikernel.ImageFormatIso9660,
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	eth, err := unikernel.NewNetworkInterface(ctx, "eth", &unikernel.NetworkInterfaceArgs{
		Attach: unikernel.AttachArgs{User: unikernel.UserNetworkArgs{Forward: unikernel.ForwardArray{
			unikernel.ForwardArgs{Guest: pulumi.Int(80)},
		}}},
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	web, err := unikernel.NewUnikernel(ctx, "web", &unikernel.UnikernelArgs{
		Platform:   unikernel.PlatformKvm,
		Kernel:     pulumi.String("nginx.bin"),
		Env:        pulumi.StringMap{"GREETING": pulumi.String(host.Hostname)},
		Blocks:     unikernel.BlockArray{unikernel.BlockArgs{Image: data, Mount: pulumi.String("/data")}},
		Interfaces: pulumi.Array{eth},
		Readiness:  unikernel.ReadinessArgs{Http: unikernel.HttpReadinessArgs{Port: pulumi.Int(80)}},
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	fleet, err := unikernel.NewUnikernelFleet(ctx, "fleet", &unikernel.UnikernelFleetArgs{
		Replicas: 2,
		Template: &unikernel.FleetTemplateArgs{
			Platform:  unikernel.PlatformKvm,
			Kernel:    pulumi.String("nginx.bin"),
			Env:       pulumi.StringMap{"NAME": pulumi.String("${name}")},
			Blocks:    unikernel.BlockArray{unikernel.BlockArgs{Image: data, Mount: pulumi.String("/data")}},
			Readiness: unikernel.ReadinessArgs{Http: unikernel.HttpReadinessArgs{Port: pulumi.Int(80)}},
			Interfaces: unikernel.FleetInterfaceArray{unikernel.FleetInterfaceArgs{
				Attach: unikernel.AttachArgs{User: unikernel.UserNetworkArgs{Forward: unikernel.ForwardArray{
					unikernel.ForwardArgs{Guest: pulumi.Int(80)},
				}}},
			}},
		},
		Members: unikernel.FleetOverrideMap{"1": unikernel.FleetOverrideArgs{Memory: pulumi.Int(20)}},
		Ports:   &unikernel.FleetPortsArgs{From: 8080},
	}, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	ctx.Export("members", fleet.Members)
	ctx.Export("addresses", web.IpAddresses)
	return nil
}
