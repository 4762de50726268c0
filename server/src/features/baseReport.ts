/** The image that a stage starts from, as the reports carry it: its layers, and who says what is known. */

import type { Analysis } from '../analysis.ts';
import type { ArchiveFigure, BaseLayer, ToldImage } from '../images/baseFacts.ts';
import type { Stage } from '../model/plan.ts';
import type { SizeReport, StageReport } from '../protocol.ts';
import { iso } from './engineReport.ts';
import { baseFacts, baseSize, unknown } from './figures.ts';
import { historyWords, layerSentences } from './layerWords.ts';
import { bytes, moment, shortDigest, size, storedBytes, type Units } from './render.ts';

/** The layers of the image that a stage starts from, base first; null when they are not known. */
export function layersOfBase(
  analysis: Analysis,
  stage: Stage,
  now: Date = new Date(),
): StageReport['base']['layers'] {
  if (stage.base.scratch) return [];
  const facts = baseFacts(analysis, stage);
  const { units } = analysis.settings;
  if (facts?.told) {
    const { told } = facts;
    return told.layers.map((layer) => toldLayer(analysis, told, layer, now));
  }
  const count = facts?.layers ?? null;
  if (count === null || facts === null) return null;
  return Array.from({ length: count }, (_, at) => {
    const compressed = facts.compressedLayers?.[at] ?? null;
    const figure =
      count === 1 ? baseSize(analysis, stage) : layerSize(null, null, compressed, units);
    return {
      ...{ size: figure, createdBy: null, diffId: null, compressed, createdAt: null, folder: null },
      display: { text: '', size: layerWords(figure, compressed, units), built: [] },
    };
  });
}

type BaseLayerReport = NonNullable<StageReport['base']['layers']>[number];

function toldLayer(
  { settings: { units }, engine }: Analysis,
  told: ToldImage,
  layer: BaseLayer,
  now: Date,
): BaseLayerReport {
  const { bytes: measured, compressed, createdBy, diffId, createdAt, folder } = layer;
  const figure = layer.estimated
    ? estimatedSize(layer.estimated, compressed, units)
    : layerSize(told, measured, compressed, units);
  const made = iso(createdAt);
  const { driver } = told;
  const info = told.by === 'engine' ? engine.state.info : null;
  return {
    size: figure,
    createdBy: createdBy === '' ? null : createdBy,
    diffId,
    compressed,
    createdAt: made,
    folder,
    display: {
      text: historyWords(createdBy),
      size: layerWords(figure, compressed, units),
      built: layerSentences({ diffId, createdAt: made, driver, folder }, info, now),
    },
  };
}

function layerSize(
  told: ToldImage | null,
  measured: number | null,
  compressed: number | null,
  units: Units,
): SizeReport {
  if (measured !== null && told) {
    const { teller, store } = told;
    return {
      ...{ basis: 'measured', bytes: measured, low: measured, high: measured, atLeast: false },
      reason: `${teller} has it as ${storedBytes(measured, store, units)}.`,
      ...(store !== null && store !== 'classic' && { store }),
    };
  }
  return unknown(
    compressed === null
      ? 'The sizes of its layers are not known.'
      : `Only its compressed size is known, ${bytes(compressed, units)}.`,
  );
}

/** By the length of the layer's archive, of which a registry told. */
function estimatedSize(
  { bytes: files, low, high, archive }: ArchiveFigure,
  compressed: number | null,
  units: Units,
): SizeReport {
  const packed = compressed === null ? '' : `, ${bytes(compressed, units)} compressed`;
  return {
    ...{ basis: 'estimated', bytes: files, low, high, atLeast: false },
    reason: `Its archive has ${bytes(archive, units)}${packed}; most of it are files, the rest are their headers.`,
  };
}

/** `91 MB`, `~76 MB (28 MB compressed)`, `28 MB compressed`; `''` when neither is known. */
function layerWords(figure: SizeReport, compressed: number | null, units: Units): string {
  const packed = compressed === null ? '' : `${bytes(compressed, units)} compressed`;
  const words = size(figure, units);
  if (words === '') return packed;
  return packed === '' || figure.basis === 'measured' ? words : `${words} (${packed})`;
}

/** Who says what is known of the image that a stage starts from; empty where nobody does. */
export function baseSource(
  analysis: Analysis,
  stage: Stage,
  now: Date = new Date(),
): Pick<StageReport['base'], 'source' | 'platforms' | 'facts' | 'digest' | 'moved'> {
  const facts = baseFacts(analysis, stage);
  if (!facts) return {};
  const { told } = facts;
  if (!told) {
    const isSet = facts.reason.startsWith('The size is as set');
    const isKnown = facts.size !== null || facts.layers !== null;
    return isKnown ? { source: isSet ? 'setting' : 'table' } : {};
  }
  const moved = analysis.movedBases.get(stage.index);
  const made = iso(told.createdAt);
  const [digest = told.id] = told.digests;
  const about = [
    digest === null ? '' : shortDigest(digest),
    made === null ? '' : `made ${moment(made, now)}`,
    told.platforms.length > 1 ? `there for ${told.platforms.join(', ')}` : '',
  ].filter(Boolean);
  return {
    source: told.by,
    ...(told.platforms.length > 0 && { platforms: told.platforms }),
    ...(about.length > 0 && { facts: [`Image: ${about.join(', ')}.`] }),
    ...(digest !== null && { digest }),
    ...(moved !== undefined && { moved }),
  };
}
