/** The values of the keys that were set last. A further key forgets the one that was set first. */
export class Recent<K, V> {
    private readonly kept = new Map<K, V>();

    /** @param most number of keys that are kept */
    constructor(private readonly most: number) {}

    get(key: K): V | undefined {
        return this.kept.get(key);
    }

    set(key: K, value: V): V {
        this.kept.delete(key);
        this.kept.set(key, value);
        const [first] = this.kept.keys();
        if (this.kept.size > this.most && first !== undefined) this.kept.delete(first);
        return value;
    }

    delete(key: K): void {
        this.kept.delete(key);
    }
}
