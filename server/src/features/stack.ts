/** The whole stack of a Dockerfile as the contract has it: what `report --json` prints and the tree shows. */

import type { Range } from 'vscode-languageserver-types';
import type { Analysis } from '../analysis.ts';
import type { Stage, Step } from '../model/plan.ts';
import type {
  ArgumentReport,
  CacheReport,
  InstructionReport,
  ProblemReport,
  SizeReport,
  StackReport,
  StageReport,
} from '../protocol.ts';
import { firstRefusal } from '../syntax/instructions.ts';
import { baseSource, layersOfBase } from './baseReport.ts';
import { churnReport } from './churn.ts';
import { metadataDetail, summary } from './describe.ts';
import {
  compareReport,
  engineReport,
  engineSentences,
  imageWords,
  layerReport,
} from './engineReport.ts';
import { baseSize, effectWords, ownSize, sizeOf, stageLabel, targetTotals } from './figures.ts';
import { type Document, rangeOf, stageSpan } from './places.ts';
import {
  againReport,
  cacheReport,
  causeSentence,
  nextBuild,
  nextBuildShort,
} from './predictions.ts';
import {
  besides,
  cacheWord,
  count,
  duration,
  estimatedBeside,
  growth,
  lastTime,
  oneLine,
  separator,
  size,
  sizePhrase,
  sumWords,
  type Units,
} from './render.ts';
import type { Row } from './rows.ts';

/** The report, made of what is known now; `dockerfile` is the document's name as it was given. */
export function stack(
  analysis: Analysis,
  document: Document,
  dockerfile: string = document.uri,
): StackReport {
  const { plan, context, settings } = analysis;
  const totals = targetTotals(analysis);
  const target = plan.stages[plan.target];
  const { layers } = totals;
  const again = againReport(analysis);
  const words = size(totals.size, settings.units);
  const compare = compareReport(analysis, document);
  return {
    schema: 1,
    dockerfile,
    context: context.path,
    target: plan.target,
    problems: problemReports(analysis, document),
    globals: plan.globals.map((step) =>
      instructionReport(analysis, document, {
        kind: 'global',
        instruction: step.instruction,
        step,
      }),
    ),
    stages: plan.stages.map((stage) => stageReport(analysis, document, stage)),
    totals,
    again,
    engine: engineReport(analysis),
    compare,
    targets: plan.stages.map(({ index, name, from }) => ({
      index,
      name,
      line: document.positionAt(from.instruction.span.start).line,
    })),
    arguments: argumentReports(analysis, document),
    platform: analysis.platform,
    contextChoice: context,
    display: {
      size: words,
      total: sumWords(totals.size, settings.units),
      own: size(totals.own, settings.units),
      layers: count(layers, 'layer'),
      image: imageWords(analysis),
      grew: growth(compare?.own ?? 0, settings.units),
      again: nextBuildShort(again),
      nextBuild: nextBuild(again),
      accessible: target
        ? `${count(layers, 'own layer')}, size ${totalPhrase(totals.size, settings.units)}.`
        : 'There is no stage to build.',
    },
  };
}

/** With what it lacks and how it is known: `at least 3 MB (3,141,592 bytes) + 2 unknown lines, measured`. */
function totalPhrase(total: SizeReport, units: Units): string {
  const basis = total.basis === 'unknown' ? '' : `, ${total.basis}`;
  return `${sizePhrase(total, units)}${besides(total)}${basis}`;
}

function stageReport(analysis: Analysis, document: Document, stage: Stage): StageReport {
  const { units } = analysis.settings;
  const { base } = stage;
  const figure = baseSize(analysis, stage);
  const own = ownSize(analysis, stage);
  const from: Row = { kind: 'from', instruction: stage.from.instruction, stage };
  const fromRange = rangeOf(document, from.instruction.span);
  const report = (step: Step) =>
    instructionReport(analysis, document, {
      kind: 'step',
      instruction: step.instruction,
      stage,
      step,
    });
  const below = base.stage === null ? undefined : analysis.plan.stages[base.stage];
  return {
    index: stage.index,
    name: stage.name,
    needed: stage.needed,
    base: {
      reference: base.reference,
      stage: base.stage,
      scratch: base.scratch,
      size: figure,
      layers: layersOfBase(analysis, stage),
      ...baseSource(analysis, stage),
      // A trigger stands in another file or stage, so the FROM line is where it shows.
      triggers: stage.triggers.map((step) => ({ ...report(step), range: fromRange })),
    },
    instructions: [fromReport(analysis, document, from, stage), ...stage.steps.map(report)],
    range: rangeOf(document, stageSpan(stage)),
    lastLayer: stage.layers,
    own,
    display: {
      base: below ? stageLabel(below) : base.scratch ? 'scratch' : oneLine(base.reference, 80),
      baseSize: size(figure, units),
      ownSize: size(own, units),
    },
  };
}

function fromReport(
  analysis: Analysis,
  document: Document,
  row: Row,
  stage: Stage,
): InstructionReport {
  return {
    ...common(analysis, row, rangeOf(document, row.instruction.span)),
    effect: 'base',
    layer: null,
    createdBy: null,
    createdByExact: true,
    size: baseSize(analysis, stage),
    cache: null,
    metadataDetail: null,
    fromTrigger: false,
  };
}

function instructionReport(
  analysis: Analysis,
  document: Document,
  row: Exclude<Row, { kind: 'from' }>,
): InstructionReport {
  const { step } = row;
  const range = rangeOf(document, row.instruction.span);
  return {
    ...common(analysis, row, range),
    effect: step.effect,
    layer: step.layer,
    createdBy: step.createdBy,
    createdByExact: step.createdByExact,
    size: sizeOf(analysis, row),
    cache: placed(cacheReport(analysis, row), range.start.line),
    ...churnField(analysis, row),
    metadataDetail: metadataDetail(step),
    ...builtField(analysis, step),
    fromTrigger: step.fromTrigger,
  };
}

/** Only where an engine has the layer, or a build before is known. */
function builtField(analysis: Analysis, step: Step): Pick<InstructionReport, 'built'> {
  const built = layerReport(analysis, step);
  return built ? { built } : {};
}

/** Only for what takes files of the context, and only where git knows them. */
function churnField(analysis: Analysis, row: Row): Pick<InstructionReport, 'churn'> {
  const churn = row.kind === 'step' ? churnReport(analysis, row.stage, row.step) : null;
  return churn ? { churn } : {};
}

/** A cause that lies in no other line is the instruction's own. */
function placed(cache: CacheReport | null, line: number): CacheReport | null {
  return cache?.cause && cache.cause.line === null
    ? { ...cache, cause: { ...cache.cause, line } }
    : cache;
}

/** What every instruction has: its place, its text, and the words of its row. */
function common(analysis: Analysis, row: Row, range: Range) {
  const { units } = analysis.settings;
  const figure = row.kind === 'from' ? baseSize(analysis, row.stage) : sizeOf(analysis, row);
  const report = cacheReport(analysis, row);
  const cache = cacheWord(report);
  const time = lastTime(report?.lastMs ?? null);
  const effect = effectWords(analysis, row).join(separator);
  const text = summary(row.instruction, 80);
  const bytes = figure ? `size ${sizePhrase(figure, units)}` : '';
  const built = row.kind === 'step' ? layerReport(analysis, row.step) : null;
  const grew = growth(built?.grew ?? 0, units);
  const estimated = figure ? estimatedBeside(figure, units) : '';
  return {
    range,
    keyword: row.instruction.name,
    text,
    invalid: row.kind !== 'from' && row.step.command.kind === 'invalid',
    display: {
      effect,
      size: size(figure, units),
      estimated,
      grew,
      built: figure ? engineSentences(analysis, row, figure, new Date()) : [],
      cache,
      time,
      took: typeof report?.lastMs === 'number' ? duration(report.lastMs) : '',
      cause: causeSentence(analysis, report, row.instruction.lines.start - 1),
      accessible: `${[text, effect.replaceAll(separator, ', '), bytes, estimated && `estimated ${estimated}`, grew && `${grew} since the build before`, cache, time].filter(Boolean).join(', ')}.`,
    },
  };
}

/** The error at which BuildKit stops comes first, all others in source order. */
function problemReports({ problems }: Analysis, document: Document): ProblemReport[] {
  const refusal = firstRefusal(problems);
  const others = problems.filter((problem) => problem !== refusal);
  return (refusal ? [refusal, ...others] : others).map(({ span, severity, message, code }) => ({
    range: rangeOf(document, span),
    severity,
    message,
    code,
  }));
}

/** The first declaration of each name, in source order. */
function argumentReports(analysis: Analysis, document: Document): ArgumentReport[] {
  const { plan, settings } = analysis;
  const reports = new Map<string, ArgumentReport>();
  const collect = (steps: readonly Step[], global: boolean) => {
    for (const { command, instruction } of steps) {
      if (command.kind !== 'arg') continue;
      const { line } = document.positionAt(instruction.span.start);
      for (const { key, value } of command.args) {
        if (reports.has(key)) continue;
        const passed = settings.buildArgs.get(key) ?? null;
        reports.set(key, { name: key, default: value, value: passed, line, global });
      }
    }
  };
  collect(plan.globals, true);
  for (const stage of plan.stages) collect(stage.steps, false);
  return [...reports.values()];
}
