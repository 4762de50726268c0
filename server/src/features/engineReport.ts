/** What an engine says, as the reports carry it. */

import type { Analysis } from '../analysis.ts';
import type { ImageSummary } from '../engine/engine.ts';
import type { Measured } from '../engine/measured.ts';
import type { Step } from '../model/plan.ts';
import type {
  CompareReport,
  EngineReport,
  ImageReport,
  LayerReport,
  SizeReport,
} from '../protocol.ts';
import { layerSentences } from './layerWords.ts';
import { type Document, lineOfStep } from './places.ts';
import {
  bytes,
  comparedWith,
  count,
  growth,
  moment,
  oneLine,
  shortId,
  storedBytes,
  type Units,
} from './render.ts';
import type { Row } from './rows.ts';

/** The engine, and the image in it that was built from the Dockerfile. */
export function engineReport(analysis: Analysis, now: Date = new Date()): EngineReport {
  const { state, recognized } = analysis.engine;
  const { kind, info, reason } = state;
  return {
    state: kind,
    text: reason,
    product: info?.product ?? null,
    version: info?.version ?? null,
    endpoint: info?.endpoint ?? null,
    driver: info?.driver ?? null,
    store: info?.store ?? null,
    image: imageReport(analysis),
    imageText: imageSentence(analysis, now),
    candidates: (recognized?.others ?? []).map(({ id, references, createdAt }) => ({
      id,
      references,
      createdAt: iso(createdAt),
    })),
  };
}

function imageReport({ engine: { recognized } }: Analysis): ImageReport | null {
  if (recognized?.state !== 'found') return null;
  const { laid, foundBy, sure } = recognized;
  const { id, references, createdAt } = laid.image;
  return { id, references, createdAt: iso(createdAt), foundBy, sure, certain: laid.certain };
}

/** Which image the figures are from, or why there is none; `''` where none was looked for. */
function imageSentence({ engine: { recognized } }: Analysis, now: Date): string {
  if (!recognized) return '';
  if (recognized.state === 'none') return recognized.reason;
  const { laid, sure, reason } = recognized;
  const at = iso(laid.image.createdAt);
  const built = at === null ? '' : `, built ${moment(at, now)}`;
  const name = imageName(laid.image);
  const which = laid.certain
    ? `Measured figures are ${sure ? '' : 'probably '}those of ${name}${built}.`
    : `The image is ${sure ? '' : 'probably '}${name}${built}, but none of its figures is shown.`;
  return [which, reason, laid.certain ? '' : laid.reason].filter(Boolean).join(' ');
}

/** `app:latest`, `probably app:latest`; `''` where no figure of an image is shown. */
export function imageWords({ engine: { recognized } }: Analysis): string {
  if (recognized?.state !== 'found' || !recognized.laid.certain) return '';
  const name = oneLine(imageName(recognized.laid.image), 60);
  return recognized.sure ? name : `probably ${name}`;
}

/** The first name of an image, else its short id. */
export function imageName({ id, references }: Pick<ImageSummary, 'id' | 'references'>): string {
  return references[0] ?? `image ${shortId(id)}`;
}

/** The layer that was built of a step; null: none is known. */
export function layerReport({ engine }: Analysis, step: Step): LayerReport | null {
  const measured = engine.measured(step);
  if (!measured?.layer && (measured?.before ?? null) === null) return null;
  const { layer, before, bytes: now } = measured as Measured;
  return {
    diffId: layer?.diffId ?? null,
    image: layer?.image ?? null,
    createdAt: iso(layer?.createdAt ?? null),
    driver: layer?.driver ?? null,
    folder: layer?.folder ?? null,
    before,
    grew: before === null ? null : now - before,
  };
}

/** What grew or shrank since the build before; null: none is known. */
export function compareReport(
  analysis: Analysis,
  document: Document,
  now: Date = new Date(),
): CompareReport | null {
  const { comparison } = analysis.engine;
  if (!comparison) return null;
  const since = new Date(comparison.before.createdAt).toISOString();
  const lines = comparison.lines.map(({ step, text, before, now: bytes }) => ({
    line: step && lineOfStep(analysis.plan, document, step),
    text: oneLine(text, 200),
    before,
    now: bytes,
  }));
  const { units } = analysis.settings;
  const build = `the build before (${moment(since, now)})`;
  const changes = lines
    .map((line) => ({ ...line, change: (line.now ?? 0) - (line.before ?? 0) }))
    .filter(({ change }) => change !== 0);
  const named = changes.slice(0, 3).map(({ line, text, change }) => {
    const where = line === null ? `a line that is gone (${oneLine(text, 40)})` : `line ${line + 1}`;
    return `${where} ${growth(change, units)}`;
  });
  const more = changes.length - named.length;
  const parts = [...named, ...(more > 0 ? [`${count(more, 'more line')}`] : [])];
  const which = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  const own = `Own layers take ${comparedWith(comparison.own, units)} in ${build}`;
  return { since, own: comparison.own, lines, text: `${own}${which}.` };
}

/** `4.1 MB more than in the build before (87 MB).`; `''` where it did not grow, or none is known. */
export function growthSentence(analysis: Analysis, step: Step): string {
  const measured = analysis.engine.measured(step);
  if (!measured || measured.before === null || measured.before === measured.bytes) return '';
  const { units } = analysis.settings;
  const change = comparedWith(measured.bytes - measured.before, units);
  return `${change} in the build before (${bytes(measured.before, units)}).`;
}

/** What an engine adds to a figure, in sentences: what it counts in another way, growth, the layer. */
export function engineSentences(
  analysis: Analysis,
  row: Row,
  figure: SizeReport,
  now: Date,
): readonly string[] {
  const built = row.kind === 'step' ? layerReport(analysis, row.step) : null;
  return [
    countedSentence(figure, analysis.settings.units),
    row.kind === 'step' ? growthSentence(analysis, row.step) : '',
    ...(built ? layerSentences(built, analysis.engine.state.info, now) : []),
  ].filter((sentence) => sentence !== '');
}

/** `The engine counts 12 kB on disk (containerd store).`; `''` where it counts file contents too. */
export function countedSentence({ measured }: Pick<SizeReport, 'measured'>, units: Units): string {
  if (!measured) return '';
  return `The engine counts ${storedBytes(measured.bytes, measured.store, units)}.`;
}

/** Milliseconds since 1970 → ISO 8601; null where not known or no time. */
export function iso(ms: number | null): string | null {
  if (ms === null || Math.abs(ms) > 8.64e15) return null;
  return new Date(ms).toISOString();
}
