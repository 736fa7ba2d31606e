import { create } from "xmlbuilder2";

type Svg = ReturnType<ReturnType<typeof create>["ele"]>;

/** Begin a picture that a page shows at its own size. */
export function openSvg(title: string, width: number, height: number, style: string): Svg {
    const svg = create().ele("http://www.w3.org/2000/svg", "svg", {
        viewBox: `0 0 ${width} ${height}`,
        width: String(width),
        height: String(height),
        role: "img",
        "aria-label": title,
    });
    svg.ele("title").txt(title);
    svg.ele("style").txt(style);
    return svg;
}

export function writeSvg(svg: Svg): string {
    return `${svg.doc().end({ headless: true, prettyPrint: true })}\n`;
}
