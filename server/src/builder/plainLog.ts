/** The stream of a build as lines for people, much as the builder's own plain output. */

import type { ProgressListener, Vertex } from './progress.ts';

export interface PlainLog extends ProgressListener {
  /** The last lines that an operation printed, the oldest first. */
  tailOf(digest: string): readonly string[];
  /** Writes what has no line end yet. */
  end(): void;
}

const tailLines = 10;
const maxLine = 4_000;

interface Shown {
  readonly number: number;
  said: 'name' | 'end';
  /** What was printed since the last line end. */
  open: string;
  tail: string[];
}

/** `write` gets one line or more at a time, each with its line end. */
export function createPlainLog(write: (text: string) => void): PlainLog {
  const shown = new Map<string, Shown>();
  const lineOf = (number: number, line: string) => write(`#${number} ${line}\n`);
  const showing = (vertex: Vertex): Shown => {
    const known = shown.get(vertex.digest);
    if (known) return known;
    const made: Shown = { number: shown.size + 1, said: 'name', open: '', tail: [] };
    shown.set(vertex.digest, made);
    lineOf(made.number, printable(vertex.name));
    return made;
  };
  const print = (one: Shown, line: string) => {
    const text = printable(line);
    one.tail.push(text);
    if (one.tail.length > tailLines) one.tail.shift();
    lineOf(one.number, text);
  };
  const close = (one: Shown) => {
    if (one.open) print(one, one.open);
    one.open = '';
  };
  return {
    onVertex(vertex) {
      const { started, completed, cached, error, ms } = vertex;
      if (started === null && !cached && !error) return;
      const one = showing(vertex);
      if (one.said === 'end' || (completed === null && !error)) return;
      // The first of several reports may not know yet that it is cached: the name is enough then.
      close(one);
      one.said = 'end';
      if (error) lineOf(one.number, `ERROR: ${printable(error)}`);
      else lineOf(one.number, cached ? 'CACHED' : `DONE ${(ms / 1000).toFixed(1)}s`);
    },
    onLog(vertex, text) {
      if (!vertex) return;
      const one = showing(vertex);
      const lines = (one.open + text).split('\n');
      one.open = (lines.pop() ?? '').slice(0, maxLine);
      for (const line of lines) print(one, line);
    },
    onText: (line) => write(`${printable(line)}\n`),
    tailOf: (digest) => shown.get(digest)?.tail ?? [],
    end() {
      for (const one of shown.values()) close(one);
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
const colours = /\x1b\[[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
const titles = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
const controls = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** What a terminal would leave on the line: no colours, no control characters, the last of rewritten lines. */
export function printable(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return last.slice(0, maxLine).replace(colours, '').replace(titles, '').replace(controls, '');
}
