import { CallFailed } from "./connection";

/** A time limit that progress extends. */
export class Limit {
    private timer: NodeJS.Timeout | undefined;
    private over: (() => void) | undefined;

    constructor(
        private readonly milliseconds: number,
        private readonly connecting: boolean,
    ) {}

    async race<T>(work: Promise<T>): Promise<T> {
        const late = new Promise<never>((_resolve, reject) => {
            this.over = () =>
                reject(
                    new CallFailed({ kind: "timeout", milliseconds: this.milliseconds, connecting: this.connecting }),
                );
            this.extend();
        });
        // The loser of the race may still fail: handle that rejection.
        work.catch(() => undefined);
        try {
            return await Promise.race([work, late]);
        } finally {
            this.end();
        }
    }

    extend(): void {
        clearTimeout(this.timer);
        if (this.over) this.timer = setTimeout(this.over, this.milliseconds);
    }

    end(): void {
        clearTimeout(this.timer);
        this.over = undefined;
    }
}
