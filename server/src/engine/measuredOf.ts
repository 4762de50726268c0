/**
 * The best measurement of each step: the image that was built, else the build cache, else a
 * remembered build. What is only likely is marked so.
 */

import type { Step } from '../model/plan.ts';
import type { Comparison } from './comparison.ts';
import type { EngineInfo, Store } from './engine.ts';
import type { Recognized } from './laid.ts';
import type { Measured, MeasuredOf } from './measured.ts';

/** Bytes of a step that no image shows. */
export interface FoundBytes {
  readonly bytes: number;
  readonly sure: boolean;
  /** Milliseconds since 1970; null: not known. */
  readonly at: number | null;
  /** Whose bytes; absent: those of the engine that was asked, of a record those of files. */
  readonly store?: Store;
  /** Lengths of links may be counted with the files. */
  readonly links?: boolean;
  /** Of the build cache: the command uses variables, of whose values it says nothing. */
  readonly variables?: boolean;
}

export interface Sources {
  /** The engine that answers, or answered last; null: none did. */
  readonly info: EngineInfo | null;
  readonly recognized: Recognized | null;
  /** By the build cache; undefined: it does not have the step. */
  readonly cached: (step: Step) => FoundBytes | undefined;
  /** By builds that are remembered. */
  readonly recorded: (step: Step) => FoundBytes | undefined;
  readonly comparison: Comparison | null;
}

/** What was measured of a step, each looked for when it is first asked for. */
export function measuredOf(sources: Sources): MeasuredOf {
  const found = new Map<Step, Measured | undefined>();
  return (step) => {
    if (step.effect !== 'layer') return undefined;
    if (!found.has(step)) found.set(step, measure(step, sources));
    return found.get(step);
  };
}

function measure(step: Step, sources: Sources): Measured | undefined {
  const ofImage = inImage(step, sources);
  if (ofImage?.sure) return ofImage;
  const others = [inCache(step, sources), inRecord(step, sources)];
  const exact = others.find((one) => one?.sure);
  if (!exact) return ofImage ?? others.find((one) => one !== undefined);
  // Equal bytes: then the likely image has this very layer, for all that is known.
  const isSame = ofImage?.bytes === exact.bytes && ofImage.store === exact.store;
  return isSame ? { ...exact, layer: ofImage.layer, before: ofImage.before } : exact;
}

function inImage(step: Step, sources: Sources): Measured | undefined {
  const { recognized, comparison } = sources;
  if (recognized?.state !== 'found' || !recognized.laid.certain) return undefined;
  const { laid, sure } = recognized;
  const { image } = laid;
  const found = laid.rows.get(step);
  if (!found || found.row.bytes === null) return undefined;
  const name = image.references[0] ?? `the image ${shortId(image.id)}`;
  const built = image.createdAt === null ? '' : `, built ${moment(image.createdAt)}`;
  const doubt = !sure
    ? ' That it was built from this Dockerfile is only likely.'
    : found.match === 'values'
      ? ' It was built with other values of its arguments or variables.'
      : runsOwnProgram(step)
        ? ' Whether its script is still the same is not told by any history.'
        : '';
  const before = comparison?.of(step);
  return {
    bytes: found.row.bytes,
    store: image.store,
    source: 'image',
    sure: sure && found.match === 'same' && !runsOwnProgram(step),
    reason: `Measured by ${engineName(sources.info)} in ${name}${built}.${doubt}`,
    layer: {
      diffId: found.diffId,
      image: image.id,
      createdAt: found.row.createdAt,
      driver: image.driver,
      folder: found.layer === null ? null : (image.folders?.[found.layer] ?? null),
    },
    before: before ?? null,
  };
}

/** A heredoc with `#!` is a file that is run; histories and the cache name it, and nothing of its text. */
function runsOwnProgram({ run }: Step): boolean {
  return run?.argv.some((word) => word.startsWith('/dev/pipes/')) ?? false;
}

/**
 * May variables have had other values than now when the cache's record was made? Known not to be so
 * only where the image shows the very line: of stages that it does not show nothing tells values.
 */
function mayHaveOtherValues({ variables }: FoundBytes, step: Step, { recognized }: Sources) {
  const laid = recognized?.state === 'found' && recognized.laid.certain ? recognized.laid : null;
  const match = laid?.rows.get(step)?.match;
  return match === 'values' || (variables === true && match !== 'same');
}

function inCache(step: Step, sources: Sources): Measured | undefined {
  const { cached, info } = sources;
  const of = cached(step);
  if (!of || !info) return undefined;
  const found = {
    ...of,
    sure: of.sure && !runsOwnProgram(step) && !mayHaveOtherValues(of, step, sources),
  };
  const at = found.at === null ? '' : `, made ${moment(found.at)}`;
  const doubt = `${found.sure ? '' : ' That it is this step is only likely.'}${linkWords(found)}`;
  return {
    bytes: found.bytes,
    store: info.store,
    source: 'cache',
    sure: found.sure,
    reason: `Measured by ${engineName(info)} in its build cache${at}.${doubt}`,
    layer: null,
    before: null,
  };
}

function inRecord(step: Step, { recorded }: Sources): Measured | undefined {
  const found = recorded(step);
  if (!found) return undefined;
  const at = found.at === null ? '' : ` of ${moment(found.at)}`;
  return {
    bytes: found.bytes,
    store: found.store ?? 'classic',
    source: 'record',
    sure: found.sure,
    reason: `Measured in the build${at}.${linkWords(found)}`,
    layer: null,
    before: null,
  };
}

/** The engine counts a layer before an image has it, and then what links say counts, too. */
function linkWords({ bytes, links = false }: FoundBytes): string {
  return links && bytes > 0
    ? ' The lengths of symbolic links, if it has any, may count with its files.'
    : '';
}

/** `2026-11-21 14:02`, in the time of this machine. */
function moment(ms: number): string {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return 'at an unknown time';
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function engineName(info: EngineInfo | null): string {
  return info ? `${info.product} ${info.version}` : 'the engine';
}

/** The first twelve digits of an image's id, as the docker CLI shows it. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
