/**
 * Time that this process used its processors, in milliseconds. For tests that tell linear work from
 * quadratic work: other programs on a busy machine do not count.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
