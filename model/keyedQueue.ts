/** Runs work of the same key one at a time, in order; a failure does not stop the next. */
export class KeyedQueue {
    private readonly last = new Map<string, Promise<unknown>>();

    /** Run work after the earlier work of the same key has ended. */
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
        const done = (this.last.get(key) ?? Promise.resolve()).then(work, work);
        this.last.set(key, done);
        const forget = (): void => {
            if (this.last.get(key) === done) this.last.delete(key);
        };
        done.then(forget, forget);
        return done;
    }
}
