import { readFileSync } from "node:fs";
import { join } from "node:path";

const readme = readFileSync(join(__dirname, "../../../README.md"), "utf8");
/** The lines of the rumprun tool that README shows, for kvm, xen and iso. */
export const README_LINES = readme.split("\n").filter((line) => /^rumprun (kvm|xen|iso) /.test(line));

/** Lines by the name of their golden file. Single quotes work as in a shell; nothing else is special. */
export const LINES: Record<string, string> = {
    ...Object.fromEntries(README_LINES.map((line) => [`readme-${line.split(" ")[1]}`, line])),

    "rumprun-every-option-kvm":
        "rumprun -S -D -T /tmp/run kvm -b data.iso,/data -b disk.img,/db -b bare.img -I a,vioif,'-net tap,ifname=tap0,script=no,downscript=no' -I b,vioif,'-net user,hostfwd=tcp::8080-:80,hostfwd=udp:127.0.0.1:53-:53,dns=10.0.2.9' -W a,inet,static,10.0.0.2/24,10.0.0.1 -W a,inet6,static,fd00::2/64,fd00::1 -W b,inet,dhcp -e GREETING='hello world' -e EMPTY= -e UNSET -g '-smp 2' -g '-vga none' -M 128 -N web -D 1234 -ip bin/nginx.bin -- -g 'daemon off;'",
    "rumprun-clustered": "rumprun -t/tmp/x qemu -pi -M96 -Nweb -- app one",
    "rumprun-old-network": "rumprun kvm -n inet,static,10.0.0.2/24 -n inet,dhcp app",
    "rumprun-old-network-xen": "rumprun xen -n inet,dhcp app",
    "rumprun-every-option-xen":
        "rumprun xen -d -i -p -D 9999 -M 64 -N my_guest -e A=1 -b ffs.img,/data -b raw.img -I a,xenif,bridge=br1,mac=00:16:3e:00:00:01,script=vif-openvswitch -I b,vif -W a,inet,static,10.0.0.2/24 -W b,inet6,static,fd00::2/64 app x",
    "rumprun-every-option-iso":
        "rumprun iso -N web.iso -e A=1 -b a.iso,/a -b b.ffs,/b -I a,wm -I b,vioif,'-net user' -W a,inet,static,192.0.2.10/24,192.0.2.1 app x",
    "rumprun-inet6-auto": "rumprun kvm -I a,vioif -W a,inet6,auto app",
    "rumprun-unconfigured": "rumprun kvm -I a,vioif,'-net tap=/dev/tap0' app",
    "rumprun-back-ends":
        "rumprun kvm -I a,vioif,'-netdev bridge,id=n,br=br0' -W a,inet,dhcp -I b,vioif,'-net tap,ifname=tap1,script=/etc/qemu-ifup' -W b,inet,dhcp -I c,vioif,'-net socket,listen=:1234' -W c,inet,dhcp -I d,vioif,'-net nic,macaddr=52:54:00:00:00:01,model=e1000 -net tap' -W d,inet,dhcp app",
    "rumprun-names":
        "rumprun kvm -I class,vioif,'-net user' -W class,inet,dhcp -b class.iso -b ../2.iso -N pulumi class",

    "kraft-binary":
        "kraft run -W -M 64Mi -p 8080:80 -e A=1 --initrd fs.cpio -n web build/nginx_qemu-x86_64 -- -c /nginx/conf/nginx.conf",
    "kraft-every-option":
        "kraft run --arch arm64 --detach --env TOKEN --ip 10.0.0.2 --kernel-arg x=1 --kraftfile K --mac 02:00:00:00:00:01 --memory 1G --network kraft0:10.0.0.2/24:10.0.0.1:1.1.1.1::web:lan --no-start --plat fc --port 127.0.0.1:53:53/udp --port 90-91:90-91 --prefix p --prefix-name --rm --rootfs ./fs --rootfs-type erofs --as kernel --runtime base --target t --volume ./a:/b --symbolic kernel one -- two",
    "kraft-package": "kraft run --plat xen -p 8080:80 --network br0 --network br1:10.0.0.2 unikraft.org/nginx:latest",
    "kraft-project": "kraft r -M 100000k .",

    "solo5-hvt":
        "solo5-hvt --mem=64 --net:service=tap100 --net-mac:service=02:00:00:00:00:01 --net:other=@5 --block:storage=disk.img --block-sector-size:storage=4096 --dumpcore=/tmp -- hello.hvt --ipv4=10.0.0.2/24 'a b'",
    "solo5-hvt-debug": "solo5-hvt-debug --gdb --gdb-port=5555 hello.hvt",
    "solo5-spt": "solo5-spt --x-exec-heap hello.spt",
    "solo5-virtio-run": "solo5-virtio-run -q -H qemu -m 64 -n tap100:9000 -d disk.img hello.virtio -- --hello=a",
    "solo5-virtio-run-plain": "solo5-virtio-run -n tap100 hello.virtio --",

    "qemu-plain":
        "qemu-system-x86_64 -enable-kvm -cpu host -m 64 -nodefaults -display none -serial stdio -kernel app -append 'a=1, b'",
    "qemu-devices":
        "qemu-system-x86_64 --kernel vmlinuz -initrd initrd -m size=1G,slots=2 -smp 2,sockets=1 -name guest=web,process=x -M q35,accel=kvm:tcg -drive file=a,,b.img,if=virtio,format=raw -drive id=d,if=none,file=c.qcow2,format=qcow2,readonly=on,cache=none -device virtio-blk-pci,drive=d -netdev user,id=n0,hostfwd=tcp::8080-:80 -device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,mq=on -nic bridge,br=br0,model=virtio-net-pci,mac=52:54:00:00:00:02 -net nic,model=e1000 -net tap,ifname=tap0,script=no -gdb tcp::1234 -S",
    "qemu-lost":
        "/usr/bin/qemu-system-i386 -kernel app -hda x.img -cdrom y.iso z.img -snapshot -accel hvf -rtc base=utc -no-reboot -uuid 1 -virtfs local,path=/a -device pvpanic -device e1000,netdev=gone -device ide-hd,drive=gone -drive if=pflash,file=f -drive if=none,file=unused,id=u -netdev user,id=spare -net none -serial file:log -monitor stdio -gdb unix:x -initrd a,b -s",

    "virt-install":
        "virt-install --name web --memory 128 --vcpus 2 --boot kernel=bin/app,initrd=fs.cpio,kernel_args='console=ttyS0 quiet' --disk path=a.qcow2,format=qcow2,bus=virtio --network network=default,model=virtio,mac=52:54:00:00:00:01 --graphics none --import --noautoconsole --os-variant generic --connect qemu:///system --virt-type kvm --autostart --events on_crash=preserve --metadata description=shop --autoconsole text",
    "virt-install-lost":
        "virt-install -n 'a b' --ram 64,maxmemory=128 --install kernel=app --boot hd,uefi=on --disk size=4 --disk b.img,bus=sata,cache=none --disk c.iso --network bridge=br0,model=e1000 --network user --network type=direct --graphics vnc --rng /dev/urandom --print-xml --connect xen:///system --qemu-commandline='-display gtk' --events on_reboot=restart --serial file,path=x --cpu host",
};

/** Return the words of a line. */
export function wordsOf(line: string): string[] {
    return (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ""));
}
