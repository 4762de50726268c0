/**
 * Time that this process used its processors, in milliseconds. For tests that tell linear work from
 * quadratic work: other programs on a busy machine do not count.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The least time of some work, in milliseconds, of at most ten rounds: garbage collection and the
 * compiler fall on some of them. Ends as soon as a round takes no more than `enough`.
 */
export function leastMs(work: () => void, enough: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10 && least > enough; round++) {
    const start = cpuMs();
    work();
    least = Math.min(least, cpuMs() - start);
  }
  return least;
}

/**
 * How many times as long the large work takes as the small one, of whose time at least
 * one millisecond counts. Ends as soon as it is no more than `enough` times.
 */
export function growth(small: () => void, large: () => void, enough: number): number {
  small();
  let ratio = Number.POSITIVE_INFINITY;
  let base = Number.POSITIVE_INFINITY;
  let whole = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10 && ratio > enough; round++) {
    base = Math.min(base, leastMs(small, 0.5));
    whole = Math.min(whole, leastMs(large, enough * Math.max(base, 1)));
    ratio = whole / Math.max(base, 1);
  }
  return ratio;
}
