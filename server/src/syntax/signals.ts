/** Signal names of STOPSIGNAL (`github.com/moby/sys/signal`, Linux). */

const names = new Set(
  `ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP
  SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`.split(/\s+/),
);
for (let step = 1; step <= 15; step++) names.add(`RTMIN+${step}`);
for (let step = 1; step <= 14; step++) names.add(`RTMAX-${step}`);

/** BuildKit's error for a STOPSIGNAL value after expansion; null: it is a signal. */
export function signalError(signal: string): string | null {
  const error = `invalid signal: ${signal}`;
  if (/^[+-]?\d+$/.test(signal)) return Number(signal) === 0 ? error : null;
  return names.has(signal.toUpperCase().replace(/^SIG/, '')) ? null : error;
}
