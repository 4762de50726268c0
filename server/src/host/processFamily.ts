/** A started program with all that it started, to end them together. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export interface ProcessFamily {
  /** Sends a signal to all that still run. */
  signal(signal: NodeJS.Signals): void;
  /** Does any of them still run? */
  isAlive(): boolean;
}

/** A process by its number and the moment it started, as numbers are given out again. */
interface Member {
  readonly pid: number;
  readonly started: string;
}

interface Listed extends Member {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly ended: boolean;
}

/** A variable that a program is started with, and all that it starts have too. */
export function newMark(): Readonly<Record<string, string>> {
  return { DOCKERFILE_LAYERS_RUN: randomBytes(12).toString('hex') };
}

/**
 * The family of a process that leads its own session (`detached`). Its process group gets each
 * signal; on Linux also what left group and session, also where its parent is gone: it has the
 * variable of `mark`, stands below the process, or did so when an earlier signal was sent. Without a mark, what
 * serves others too may go on, as a connection that several programs share. On Windows every signal
 * ends the whole tree.
 */
export function processFamily(
  leader: number,
  mark: Readonly<Record<string, string>> = {},
): ProcessFamily {
  if (process.platform === 'win32') return windowsTree(leader);
  const started = process.platform === 'linux' ? read(String(leader))?.started : undefined;
  return processGroup(leader, marked(mark, Number(started ?? 0)));
}

function processGroup(leader: number, isMarked: (one: Member) => boolean): ProcessFamily {
  const seen = new Map<number, Member>();
  const living = (): readonly Listed[] => {
    const all = listed();
    const byPid = new Map(all.map((one) => [one.pid, one]));
    const isOurs = (one: Listed) =>
      one.pid === leader ||
      one.session === leader ||
      seen.get(one.pid)?.started === one.started ||
      isMarked(one);
    const ours = new Set(all.filter(isOurs).map(({ pid }) => pid));
    for (const one of all) {
      const line: number[] = [];
      for (let at = one.pid; at > 1 && !ours.has(at) && line.length < 1000; ) {
        line.push(at);
        at = byPid.get(at)?.parent ?? 0;
        if (ours.has(at)) for (const pid of line) ours.add(pid);
      }
    }
    const members = all.filter(({ pid, ended }) => ours.has(pid) && !ended);
    for (const member of members) seen.set(member.pid, member);
    return members;
  };
  return {
    signal(signal) {
      const members = living();
      send(-leader, signal);
      // Twice to those of the group would be two interrupts, which programs take as impatience.
      for (const { pid, group } of members) if (group !== leader) send(pid, signal);
    },
    isAlive() {
      return process.platform === 'linux' ? living().length > 0 : send(-leader, 0);
    },
  };
}

/**
 * Tells processes by the variables that they were started with; each is looked at once, and those that
 * are older than `since` (clock ticks) not at all.
 */
function marked(mark: Readonly<Record<string, string>>, since: number): (one: Member) => boolean {
  const words = Object.entries(mark).map(([name, value]) => `${name}=${value}`);
  const others = new Map<number, string>();
  if (words.length === 0) return () => false;
  return ({ pid, started }) => {
    if (Number(started) < since || others.get(pid) === started) return false;
    try {
      const variables = readFileSync(join('/proc', String(pid), 'environ'), 'latin1').split('\0');
      if (words.some((word) => variables.includes(word))) return true;
    } catch {
      // Another user's, or gone.
    }
    others.set(pid, started);
    return false;
  };
}

/** Every process of the machine; empty where the system has no `/proc`. */
function listed(): readonly Listed[] {
  if (process.platform !== 'linux') return [];
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (read(name) ?? []) : []));
  } catch {
    return [];
  }
}

/** `man 5 proc_pid_stat`: the name in brackets may hold anything, also brackets and spaces. */
function read(name: string): Listed | undefined {
  try {
    const text = readFileSync(join('/proc', name, 'stat'), 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent, group, session] = fields;
    return {
      pid: Number(name),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      started: fields[19] ?? '',
      ended: state === 'Z' || state === 'X',
    };
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function windowsTree(leader: number): ProcessFamily {
  let asked = false;
  return {
    signal() {
      if (asked) return;
      asked = true;
      const root = process.env.SystemRoot ?? 'C:\\Windows';
      const program = `${root}\\System32\\taskkill.exe`;
      const args = ['/pid', String(leader), '/T', '/F'];
      spawn(program, args, { stdio: 'ignore', windowsHide: true }).on('error', () =>
        send(leader, 'SIGKILL'),
      );
    },
    isAlive: () => send(leader, 0),
  };
}
