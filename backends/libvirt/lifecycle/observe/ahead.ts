/**
 * Questions about a guest that are asked while its definitions are read: state names what they say in most cases. Those
 * that the definitions then ask for are answered already, and the others are asked then.
 */
export class Ahead {
    private asked = new Map<string, Promise<unknown>>();

    /** Ask these now. An answer counts for one look at the guest only. */
    begin(questions: () => void): void {
        this.asked.clear();
        questions();
    }

    /** @param key names the question, with everything that it depends on */
    ask<T>(key: string, question: () => Promise<T>): Promise<T> {
        const asked = (this.asked.get(key) as Promise<T> | undefined) ?? question();
        this.asked.set(key, asked);
        // Where no definition asks for it, a failure says nothing.
        asked.catch(() => undefined);
        return asked;
    }
}
