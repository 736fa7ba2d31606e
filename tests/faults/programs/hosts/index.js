// Declares what the test's configuration says: `networks`, `images` and `guests` map logical names to arguments.
const pulumi = require("@pulumi/pulumi");
const { BlockImage, Network, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const { networks, images, guests } = new pulumi.Config().requireObject("declared");
const made = (map, make) => Object.fromEntries(Object.entries(map).map(([name, args]) => [name, make(name, args)]));

const allNetworks = made(networks, (name, args) => new Network(name, args));
const allImages = made(images, (name, args) => new BlockImage(name, args));
made(guests, (name, { disks, card: { network, ...card }, aliases, ...args }) => {
    const options = (last) => ({ aliases: aliases.map((alias) => ({ name: `${alias}${last}` })) });
    const attach = network === undefined ? card.attach : { network: allNetworks[network].name };
    return new Unikernel(
        name,
        {
            ...args,
            blocks: disks.map(({ image, ...rest }) => ({ image: allImages[image], ...rest })),
            interfaces: [new NetworkInterface(`${name}-card`, { ...card, attach }, options("-card"))],
        },
        options(""),
    );
});
