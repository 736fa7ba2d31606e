import { type Group, renderChart } from "./chart";
import { amount, digits, type Figure, met } from "./figure";

/** Return the figures that have something beside them, as groups of bars. */
export function groupsOf(figures: readonly Figure[]): Group[] {
    return figures
        .filter(({ beside }) => Object.values(beside).some(Number.isFinite))
        .map((figure) => ({
            title: `${figure.part}: ${figure.name}`,
            note: noteOf(figure),
            missed: met(figure) === false,
            bars: [
                ["ours", figure.ours] as const,
                ...Object.entries(figure.beside),
                ...Object.entries(figure.parts ?? {}),
            ]
                .filter(([, value]) => Number.isFinite(value))
                .map(([name, value]) => ({
                    name,
                    value,
                    text: amount(value, figure.unit),
                    ours: name.startsWith("ours") || name in (figure.parts ?? {}),
                })),
        }));
}

function noteOf(figure: Figure): string {
    const { measure, value, limit } = figure;
    const wanted = limit === undefined ? "" : `, wanted ≤ ${limit}: ${met(figure) ? "met" : "missed"}`;
    return `${measure}: ${digits(value)}${wanted}`;
}

/** Draw the figures as SVG. */
export const renderPicture = (figures: readonly Figure[]): string =>
    renderChart("Figures of npm run bench", groupsOf(figures));
