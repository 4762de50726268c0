/** The command line tool without its process: arguments in, text and an exit code out. */

import { isAbsolute, relative } from 'node:path';
import { check, type Outcome } from './check.ts';
import { checkGithub, checkJson, checkSarif, checkText } from './checkFormats.ts';
import { readDockerfile } from './dockerfile.ts';
import { type CliIo, Refusal } from './io.ts';
import { jsonPieces } from './json.ts';
import { type Command, readCommand } from './options.ts';
import { runList, runUpdate } from './packages.ts';
import { reportOf } from './report.ts';
import { writeSnapshot } from './snapshot.ts';
import { type SyntaxReport, syntaxReport } from './syntaxReport.ts';
import { table } from './table.ts';
import { usage } from './usage.ts';

/** Width of a row where the output goes to no terminal. */
const defaultWidth = 100;

/** Runs one command; the exit code is 0, 1 (budget broken), 2 (bad usage, unreadable) or 3 (undecided). */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await run(readCommand(argv, io), io);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.err(`dockerfile-layers: ${error.message}\n`);
    return 2;
  }
}

async function run(command: Command, io: CliIo): Promise<number> {
  switch (command.kind) {
    case 'help':
      io.out(usage);
      return 0;
    case 'version':
      io.out(`${io.version}\n`);
      return 0;
    case 'lsp':
      await io.serve();
      return 0;
    case 'syntax': {
      const report = syntaxReport((await readDockerfile(command.dockerfile, io)).text);
      if (command.json) writeJson(report, io);
      else writeSyntax(report, io);
      return 0;
    }
    case 'report': {
      const report = await reportOf(command.build, io, command);
      if (command.json) {
        writeJson(report, io);
        return 0;
      }
      const look = {
        width: io.columns ?? defaultWidth,
        color: io.color,
        context: report.context === null ? null : nameOf(report.context, io.cwd),
      };
      for (const line of table(report, look)) io.out(line);
      return 0;
    }
    case 'snapshot':
      await writeSnapshot(command.build, command.output, io);
      return 0;
    case 'packages-update':
      return runUpdate(command, io);
    case 'packages-list':
      await runList(command.json, io);
      return 0;
    case 'check':
      return runCheck(command, io);
  }
}

const exitCodes: Readonly<Record<Outcome['verdict'], number>> = {
  kept: 0,
  broken: 1,
  undecided: 3,
};

async function runCheck(command: Command & { kind: 'check' }, io: CliIo): Promise<number> {
  const report = await reportOf(command.build, io, command);
  const budgets = { maxImage: command.maxImage, maxLayer: command.maxLayer };
  const outcome = check(report, budgets);
  switch (command.format) {
    case 'text':
      io.out(checkText(report, outcome));
      break;
    case 'json':
      writeJson(checkJson(report, budgets, outcome), io);
      break;
    case 'sarif':
      writeJson(checkSarif(report, outcome, io.version), io);
      break;
    case 'github':
      io.out(checkGithub(report, outcome));
      break;
  }
  return exitCodes[outcome.verdict];
}

/** A path below the current folder by its way from there, any other whole. */
function nameOf(path: string, cwd: string): string {
  const way = relative(cwd, path);
  return way.startsWith('..') || isAbsolute(way) ? path : way || '.';
}

function writeJson(value: object, io: CliIo): void {
  for (const piece of jsonPieces(value)) io.out(piece);
  io.out('\n');
}

/** The tree for people, in the notation that BuildKit's own parser prints. */
function writeSyntax(report: SyntaxReport, io: CliIo): void {
  for (const { startLine, endLine, keyword, flags, args } of report.instructions) {
    const rest = [...flags, ...args].map((part) => JSON.stringify(part)).join(' ');
    io.out(`${startLine}-${endLine} ${keyword}${rest ? ` ${rest}` : ''}\n`);
  }
  for (const { startLine, message } of [...report.errors, ...report.instructionErrors]) {
    io.out(`line ${startLine}: ${message}\n`);
  }
}
