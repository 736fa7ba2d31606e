import { everyFewSeconds } from "../../../localFiles/progress";

test("what is quick says nothing, what is long says so every three seconds", () => {
    jest.useFakeTimers();
    const said: number[] = [];
    const say = everyFewSeconds((second: number) => said.push(second));
    for (let second = 0; second <= 10; second++) {
        say(second);
        jest.advanceTimersByTime(1000);
    }
    expect(said).toEqual([3, 6, 9]);
    jest.useRealTimers();
});
