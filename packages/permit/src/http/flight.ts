/** A bound on concurrent claims: more are refused instead of queued. */
export interface Flight {
  /** False if the bound is reached; then `leave` must not be called. */
  enter(): boolean;
  leave(): void;
  count(): number;
}

export function createFlight(max: number, onChange: (count: number) => void): Flight {
  let count = 0;
  return {
    enter: () => {
      if (count >= max) return false;
      count++;
      onChange(count);
      return true;
    },
    leave: () => {
      count--;
      onChange(count);
    },
    count: () => count,
  };
}
