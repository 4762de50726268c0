/** The report as a table for people: one row for each instruction, in the order of the file. */

import { recordWords } from '../features/predictions.ts';
import { count, oneLine, separator } from '../features/render.ts';
import type {
  InstructionReport,
  ProblemReport,
  SizeReport,
  StackReport,
  StageReport,
} from '../protocol.ts';

/** How the table is drawn. */
export interface Look {
  /** Characters in a row. */
  readonly width: number;
  readonly color: boolean;
  /** The build context as people name it here; null: there is none. */
  readonly context: string | null;
}

type Paint = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan';
const codes: Readonly<Record<Paint, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

interface Cells {
  readonly line: string;
  readonly layer: string;
  readonly size: string;
  /** Beside a measured size, where the two differ notably. */
  readonly estimated: string;
  /** Against the build before. */
  readonly grew: string;
  readonly cache: string;
  readonly text: string;
  readonly faint: boolean;
}

/** Lines of the whole report, each with its line end. */
export function* table(report: StackReport, look: Look): Generator<string> {
  const paint = (style: Paint, text: string) => {
    const [on, off] = codes[style];
    return look.color && text ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
  const isCompared = !!report.again;
  const stages = report.stages.map((stage) => ({
    stage,
    rows: stage.instructions.flatMap((one) => rowsOf(stage, one, isCompared)),
  }));
  const globals = report.globals.map((one) => cellsOf(one, true, isCompared));
  const widths = widthsOf([...globals, ...stages.flatMap(({ rows }) => rows)]);
  const draw = (cells: Cells) => {
    const head = [
      cells.line.padStart(widths.line),
      cells.layer.padEnd(widths.layer),
      cells.size.padStart(widths.size),
      ...(widths.estimated > 0 ? [cells.estimated.padStart(widths.estimated)] : []),
      ...(widths.grew > 0 ? [cells.grew.padStart(widths.grew)] : []),
      ...(widths.cache > 0 ? [cells.cache.padEnd(widths.cache)] : []),
    ].join('  ');
    const row = `  ${head}  `;
    const text = oneLine(cells.text, Math.max(20, look.width - row.length));
    return `${paint(cells.faint ? 'dim' : 'bold', row)}${cells.faint ? paint('dim', text) : text}\n`;
  };

  yield `${paint('bold', shown(report.dockerfile))}${separator}${report.platform}\n`;
  const context = look.context === null ? [] : [`context ${shown(look.context)}`];
  yield `${[...context, shown(report.contextChoice.reason)].join(separator)}\n`;
  yield '\n';
  if (globals.length + stages.length > 0)
    yield paint('cyan', draw({ ...headings, faint: false }).trimEnd()).concat('\n');
  for (const row of globals) yield draw(row);
  for (const { stage, rows } of stages) {
    if (report.stages.length > 1) yield `${paint('cyan', stageHeading(report, stage))}\n`;
    for (const row of rows) yield draw(row);
  }
  if (stages.length > 0) {
    yield '\n';
    yield `${paint('bold', total(report))}\n`;
  }
  if (report.compare) yield `${shown(report.compare.text)}\n`;
  for (const line of nextBuildLines(report)) yield `${shown(line)}\n`;
  for (const line of engineLines(report)) yield `${paint('dim', shown(line))}\n`;
  for (const line of notes(report)) yield `${paint('dim', line)}\n`;
  if (report.problems.length > 0) {
    yield '\n';
    yield `${paint('bold', `${count(report.problems.length, 'problem')}:`)}\n`;
    for (const problem of report.problems) yield problemLine(report, problem, paint);
  }
}

const headings: Omit<Cells, 'faint'> = {
  line: 'LINE',
  layer: 'LAYER',
  size: 'SIZE',
  estimated: 'ESTIMATED',
  grew: 'CHANGE',
  cache: 'CACHE',
  text: 'INSTRUCTION',
};

type Column = Exclude<keyof Cells, 'text' | 'faint'>;

/** Columns that are not always there have no width where no row has anything for them. */
function widthsOf(rows: readonly Cells[]): Record<Column, number> {
  const widest = (key: Column) =>
    rows.reduce((most, row) => Math.max(most, row[key].length), headings[key].length);
  const ifAny = (key: Column) => (rows.some((row) => row[key] !== '') ? widest(key) : 0);
  return {
    line: widest('line'),
    layer: widest('layer'),
    size: widest('size'),
    estimated: ifAny('estimated'),
    grew: ifAny('grew'),
    cache: ifAny('cache'),
  };
}

/** An instruction, and below FROM what the base's ONBUILD instructions add. */
function rowsOf(stage: StageReport, one: InstructionReport, isCompared: boolean): readonly Cells[] {
  const row = cellsOf(one, stage.needed, isCompared);
  if (one.effect !== 'base') return [row];
  const triggers = stage.base.triggers.map((trigger) => {
    const cells = cellsOf(trigger, stage.needed, isCompared);
    return { ...cells, line: '', text: `ONBUILD ${cells.text}` };
  });
  return [row, ...triggers];
}

function cellsOf(one: InstructionReport, needed: boolean, isCompared: boolean): Cells {
  const isUnknown = one.size !== null && one.size.bytes === null;
  return {
    line: String(one.range.start.line + 1),
    layer: one.effect === 'base' ? 'base' : one.layer === null ? '-' : String(one.layer),
    size: one.display.size || (isUnknown && one.effect !== 'metadata' ? '?' : ''),
    estimated: one.display.estimated,
    grew: one.display.grew,
    cache: one.display.cache || (isCompared && one.cache?.prediction === 'unknown' ? '?' : ''),
    text: shown(one.text),
    faint: !needed || (one.effect === 'metadata' && !one.invalid),
  };
}

function stageHeading(report: StackReport, stage: StageReport): string {
  const name =
    stage.name === null ? `stage ${stage.index}` : `stage ${stage.index} ${shown(stage.name)}`;
  const role = stage.index === report.target ? 'target' : stage.needed ? '' : 'not built';
  return [name, role].filter(Boolean).join(separator);
}

function total(report: StackReport): string {
  const { own, layers } = report.display;
  const base =
    report.totals.base.bytes === null ? 'base of unknown size' : `base ${baseWords(report)}`;
  const size = report.display.total ? `${report.display.total} in all` : 'size unknown';
  return [layers, size, base, own ? `own layers ${own}` : ''].filter(Boolean).join(separator);
}

/** What the next build runs again: in all, then one line for each first miss. */
function nextBuildLines({ again, display }: StackReport): readonly string[] {
  if (!again) return [];
  const { since, causes } = again;
  const said = display.nextBuild;
  const compared = since && `Compared with ${recordWords(since, new Date())}, `;
  const sum = compared ? `${compared}${said.charAt(0).toLowerCase()}${said.slice(1)}` : said;
  return [sum, ...causes.map(({ text }) => `  ${text}`)];
}

/** Who measured, in which image; or why nobody did. Nothing where no engine was to be asked. */
function engineLines({ engine, stages }: StackReport): readonly string[] {
  if (engine.state === 'off' || stages.length === 0) return [];
  return [engine.text, engine.imageText].filter((line) => line !== '');
}

function baseWords(report: StackReport): string {
  const target = report.stages[report.target];
  return target?.display.baseSize || 'included';
}

/** What the marks mean that were used, and why sizes are unknown: one line for each reason. */
function notes(report: StackReport): readonly string[] {
  const reasons = new Map<string, number[]>();
  let hasEstimate = false;
  let isPartial = report.totals.size.atLeast;
  const see = (size: SizeReport | null, line: number) => {
    if (!size) return;
    hasEstimate ||= size.basis === 'estimated';
    isPartial ||= size.atLeast;
    if (size.bytes !== null) return;
    add(reasons, size.reason, line + 1);
  };
  const doubts = new Map<string, number[]>();
  for (const stage of report.stages) {
    if (!stage.needed) continue;
    for (const one of [...stage.instructions, ...stage.base.triggers]) {
      if (one.effect !== 'metadata') see(one.size, one.range.start.line);
      const { prediction, cause } = one.cache ?? {};
      if (!report.again || prediction !== 'unknown') continue;
      add(doubts, cause?.reason ?? 'It is not known.', one.range.start.line + 1);
    }
  }
  return [
    ...(hasEstimate ? ['~ estimated'] : []),
    ...(isPartial ? ['≥ a part of it is unknown'] : []),
    ...[...reasons].map(([reason, lines]) => `? ${where(lines)}: ${shown(reason)}`),
    ...[...doubts].map(([reason, lines]) => `? cache of ${where(lines)}: ${shown(reason)}`),
  ];
}

/** A line has a reason once, though triggers stand on the same. */
function add(found: Map<string, number[]>, reason: string, line: number): void {
  const lines = found.get(reason) ?? [];
  if (lines.at(-1) !== line) lines.push(line);
  found.set(reason, lines);
}

function where(lines: readonly number[]): string {
  const some = lines.slice(0, 8).join(', ');
  const more = lines.length > 8 ? ` and ${lines.length - 8} more` : '';
  return `${lines.length === 1 ? 'line' : 'lines'} ${some}${more}`;
}

function problemLine(
  report: StackReport,
  problem: ProblemReport,
  paint: (style: Paint, text: string) => string,
): string {
  const { line, character } = problem.range.start;
  const place = `${shown(report.dockerfile)}:${line + 1}:${character + 1}`;
  const style =
    problem.severity === 'error' ? 'red' : problem.severity === 'warning' ? 'yellow' : 'dim';
  // BuildKit's own text, and what we say of it on lines of its own.
  const [first = '', ...rest] = problem.message.split(/\s*\n\s*/).map(shown);
  const head = `  ${place} ${paint(style, problem.severity)} ${first}\n`;
  return [head, ...rest.map((line) => `    ${line}\n`)].join('');
}

/** Text from a file must not steer the terminal: control characters become visible ones. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
