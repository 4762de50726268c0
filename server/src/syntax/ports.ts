/** Port specifications of EXPOSE, `[ip:][host:]port[-port][/protocol]` (`convert_expose.go`). */

import { goQuote } from './goText.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
  /** Lower case: tcp, udp or sctp. */
  readonly protocol: string;
  /** Has an address or host port, which EXPOSE has no use for. */
  readonly mapped: boolean;
}

export type Port =
  | { readonly ok: true; readonly ports: PortRange }
  | { readonly ok: false; readonly error: string };

/** Reads one word of EXPOSE after variables are expanded. The error is BuildKit's. */
export function readPort(word: string): Port {
  // The usual port has nothing but its number.
  if (/^\d{1,4}$/.test(word)) {
    const port = Number(word);
    return { ok: true, ports: { first: port, last: port, protocol: 'tcp', mapped: false } };
  }
  const parts = word.split(':');
  const container = parts.at(-1) ?? '';
  const host = parts.at(-2) ?? '';
  const ip = parts.slice(0, -2).join(':');
  const slash = container.indexOf('/');
  const port = slash < 0 ? container : container.slice(0, slash);
  const protocol = slash < 0 ? '' : container.slice(slash + 1);
  if (!port) return fail(`invalid port: ${goQuote(word)}: no port specified`);
  if (!['', 'tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) {
    return fail(`invalid port: ${goQuote(word)}: invalid proto: ${protocol}`);
  }
  const wrongIp = checkIp(ip);
  if (wrongIp) return fail(wrongIp);
  const range = readRange(port);
  if (!range) return fail(`invalid containerPort: ${port}`);
  if (host) {
    const from = readRange(host);
    if (!from) return fail(`invalid hostPort: ${host}`);
    const length = range.last - range.first;
    if (length && length !== from.last - from.first) {
      return fail(`invalid ranges specified for container and host Ports: ${port} and ${host}`);
    }
  }
  const mapped = Boolean(ip || host);
  return { ok: true, ports: { ...range, protocol: protocol.toLowerCase() || 'tcp', mapped } };
}

/** `80/tcp` for every port of the range. */
export function portNames({ first, last, protocol }: PortRange): readonly string[] {
  if (first === last) return [`${first}/${protocol}`];
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function readRange(text: string): Range | null {
  const dash = text.indexOf('-');
  const start = dash < 0 ? text : text.slice(0, dash);
  const end = dash < 0 ? start : text.slice(dash + 1);
  const first = readNumber(start);
  const last = readNumber(end);
  return first === null || last === null || last < first ? null : { first, last };
}

function readNumber(text: string): number | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= 0 && value <= 65535 ? value + 0 : null;
}

function checkIp(ip: string): string | null {
  if (!ip) return null;
  let plain = ip;
  if (ip.startsWith('[')) {
    const wrong = bracketError(ip);
    if (wrong) return `invalid IP address ${ip}: address ${ip}:: ${wrong}`;
    plain = ip.slice(1, -1);
  }
  if (plain && !isIp(plain)) return `invalid IP address: ${plain}`;
  return null;
}

/** What Go's `net.SplitHostPort` has against `ip` with a colon behind it. */
function bracketError(ip: string): string | null {
  const close = ip.indexOf(']');
  if (close < 0) return "missing ']' in address";
  if (close !== ip.length - 1) {
    return ip[close + 1] === ':' ? 'too many colons in address' : 'missing port in address';
  }
  return ip.indexOf('[', 1) >= 0 ? "unexpected '[' in address" : null;
}

/** Go's `net.ParseIP`: no zone, no leading zeros in IPv4. */
function isIp(text: string): boolean {
  if (!text.includes(':')) return isIpv4(text);
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let count = 0;
  for (const [half, part] of halves.entries()) {
    const groups = part ? part.split(':') : [];
    for (const [index, group] of groups.entries()) {
      const last = half === halves.length - 1 && index === groups.length - 1;
      if (last && group.includes('.') && isIpv4(group)) count += 2;
      else if (/^[\da-f]{1,4}$/i.test(group)) count += 1;
      else return false;
    }
  }
  return halves.length === 2 ? count < 8 : count === 8;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

function fail(error: string): Port {
  return { ok: false, error };
}
