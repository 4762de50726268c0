/** Open a text in every server, then type in all of them in turn, so that load meets all alike. */

import type { Question } from './answers.ts';
import { percentile, type Spread, spread } from './figures.ts';
import { type Candidate, type LanguageServer, startServer, type Usage } from './languageServer.ts';
import { type BenchText, typed } from './texts.ts';

/** One server with one question: a column of the table. */
export interface Contestant {
  readonly key: string;
  readonly candidate: Candidate;
  readonly question: Question;
}

export interface Limits {
  readonly edits: number;
  /** What one contestant may take of the clock on one text; then it has made fewer edits. */
  readonly budgetMs: number;
  readonly opens: number;
}

export interface Result {
  /** From opening to the first answer, in a server that was just started; the median. */
  readonly openMs: number | null;
  readonly edit: Spread | null;
  /** Of the server's process, its diagnostics included. */
  readonly cpuPerEditMs: number | null;
  readonly usage: Usage | null;
  /** Answers that did not show the edit: not in `edit`. */
  readonly stale: number;
}

interface Run {
  readonly contestant: Contestant;
  readonly server: LanguageServer;
  readonly walls: number[];
  readonly cpuBefore: number | null;
  version: number;
  spentMs: number;
  stale: number;
}

/** Measures all contestants on one text, in the folder `root` (a URI). Throws when the check cannot tell a stale answer. */
export async function measure(
  text: BenchText,
  contestants: readonly Contestant[],
  root: string,
  { edits, budgetMs, opens }: Limits,
): Promise<Record<string, Result>> {
  const uri = `${root}/Dockerfile`;
  const openings = new Map<string, number[]>(contestants.map(({ key }) => [key, []]));
  const runs: Run[] = [];
  for (let round = 1; round <= opens; round += 1) {
    for (const contestant of contestants) {
      const server = await startServer(contestant.candidate, root);
      const taken = openings.get(contestant.key) ?? [];
      taken.push(await open(server, contestant.question, text, uri));
      // A text that takes that long to open is not opened again and again.
      if (round < opens && (taken[0] ?? 0) < 2000) await server.stop();
      else if (!runs.some((run) => run.contestant === contestant)) {
        await proveCheck(server, contestant.question, text, uri);
        const cpuBefore = server.usage()?.cpuMs ?? null;
        runs.push({ contestant, server, walls: [], cpuBefore, version: 1, spentMs: 0, stale: 0 });
      } else await server.stop();
    }
  }
  for (let edit = 0; edit < edits; edit += 1) {
    // Who was first is last in the next turn.
    const turn = edit % 2 === 0 ? runs : runs.toReversed();
    for (const run of turn) if (run.spentMs < budgetMs) await typeOnce(run, text, uri);
  }
  const results: Record<string, Result> = {};
  for (const { contestant, server, walls, cpuBefore, version, stale } of runs) {
    const usage = server.usage();
    results[contestant.key] = {
      openMs: percentile(openings.get(contestant.key) ?? [], 0.5),
      edit: spread(walls),
      cpuPerEditMs: usage && cpuBefore !== null ? (usage.cpuMs - cpuBefore) / (version - 1) : null,
      usage,
      stale,
    };
    await server.stop();
  }
  return results;
}

async function open(
  server: LanguageServer,
  question: Question,
  text: BenchText,
  uri: string,
): Promise<number> {
  const diagnosed = server.nextDiagnostics();
  const started = performance.now();
  server.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'dockerfile', version: 1, text: text.text },
  });
  const answer = await server.request(question.method, question.params(uri, text));
  const took = performance.now() - started;
  if (!question.isFresh(answer, text, false)) {
    throw new Error(`${text.name}: ${question.method} did not answer what it was asked.`);
  }
  await diagnosed;
  return took;
}

/** The server is asked for an edit that it was not told: what it says must be found stale. */
async function proveCheck(
  server: LanguageServer,
  question: Question,
  text: BenchText,
  uri: string,
) {
  const answer = await server.request(question.method, question.params(uri, text));
  if (question.isFresh(answer, text, true)) {
    throw new Error(
      `${text.name}: the check of ${question.method} takes a stale answer for fresh.`,
    );
  }
}

async function typeOnce(run: Run, text: BenchText, uri: string): Promise<void> {
  const { server, contestant } = run;
  const begun = performance.now();
  run.version += 1;
  const after = run.version % 2 === 0;
  const { line, character } = text;
  const diagnosed = server.nextDiagnostics();
  const started = performance.now();
  server.notify('textDocument/didChange', {
    textDocument: { uri, version: run.version },
    contentChanges: [
      {
        range: {
          start: { line, character },
          end: { line, character: after ? character : character + typed.length },
        },
        text: after ? typed : '',
      },
    ],
  });
  const answer = await server.request(
    contestant.question.method,
    contestant.question.params(uri, text),
  );
  const took = performance.now() - started;
  if (contestant.question.isFresh(answer, text, after)) run.walls.push(took);
  else run.stale += 1;
  // An editor has diagnostics after each edit, too; they belong to the CPU time, not to the answer's.
  if (server.pullsDiagnostics) {
    await server.request('textDocument/diagnostic', { textDocument: { uri } });
  } else await diagnosed;
  run.spentMs += performance.now() - begun;
}
