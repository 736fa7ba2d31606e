"""Names of the generated Python SDK, as a program uses them: printed once they are there."""
import pulumi_unikernel as unikernel

block = unikernel.BlockArgs(path="./data.iso", mount="/data", access=unikernel.Access.SCRATCH)
args = dict(platform=unikernel.Platform.KVM, kernel="nginx.bin", blocks=[block], shutdown_timeout=5)
for made in (unikernel.Unikernel, unikernel.BlockImage, unikernel.NetworkInterface, unikernel.Provider, unikernel.get_host):
    print(made.__name__)
print(args["platform"].value, block.mount)
