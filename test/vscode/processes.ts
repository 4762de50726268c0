/** What the processes of this Linux machine are and what they are connected to, read from /proc. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes below one, itself left out. */
export function descendants(root: number): readonly Process[] {
  const all = processes();
  const found: Process[] = [];
  const parents = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const process of all) {
      if (parents.has(process.pid) || !parents.has(process.parent)) continue;
      parents.add(process.pid);
      found.push(process);
      grown = true;
    }
  }
  return found;
}

function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      // The name of the program stands in brackets and may hold anything, brackets too.
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!stat) return [];
      const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), parent: Number(rest[1]), command }];
    });
}

/**
 * Minor page faults of the children that have ended and were waited for. It grows with every child
 * that ends, so that even one that lived for a millisecond leaves a trace.
 */
export function endedChildren(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[8] ?? 0);
}

/** The sockets of a process: inode to a description (`tcp 0100007F:1F90`, `unix`). */
export function sockets(pid: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let known: ReadonlyMap<string, string> | undefined;
  for (const fd of list(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
    if (!inode) continue;
    known ??= kinds(pid);
    found.set(inode, known.get(inode) ?? 'unix');
  }
  return found;
}

/** TCP and UDP sockets by inode, with the other end's address; the rest are sockets of this machine. */
function kinds(pid: number): ReadonlyMap<string, string> {
  return new Map(
    ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
      read(`/proc/${pid}/net/${kind}`)
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .map((fields): [string, string] => [fields[9] ?? '', `${kind} ${fields[2]}`]),
    ),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
