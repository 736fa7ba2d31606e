/** Work of one kind that is done one piece after the other: a piece begins when the one before it has ended, well or not. */
export class Turns {
    private readonly last = new Map<string, Promise<unknown>>();

    /** @param key of what only one piece of work at a time may use */
    take<T>(key: string, work: () => Promise<T>): Promise<T> {
        const turn = (this.last.get(key) ?? Promise.resolve()).then(work, work);
        this.last.set(key, turn);
        return turn;
    }
}
