/**
 * Which entries of an image's history stand for layers, and for which. The configuration of an image
 * tells (`empty_layer`), the engine's API does not: then the kind of the instruction does, what the
 * entry weighs, and at last the number of layers, which always has to come out.
 */

/** What an entry tells about itself. */
export interface TellingRow {
  readonly createdBy: string;
  readonly comment: string;
  readonly bytes: number | null;
  readonly emptyLayer: boolean | null;
}

/** The position of an entry's layer, the base first; null: it has none; undefined: that is not certain. */
export type RowLayer = number | null | undefined;

/**
 * The layer of each entry, the oldest first, in an image of so many layers. Where the entries cannot
 * be told apart in full, those below the first doubtful one and above the last one still are.
 */
export function layersOfRows(rows: readonly TellingRow[], layers: number): readonly RowLayer[] {
  const kinds = rows.map(kindOf);
  const surely = kinds.filter((kind) => kind === 'layer').length;
  const perhaps = kinds.filter((kind) => kind === null).length;
  const nothing = rows.map(() => undefined);
  if (surely > layers || surely + perhaps < layers) return nothing;
  const rest = surely === layers ? 'empty' : surely + perhaps === layers ? 'layer' : null;
  const found: RowLayer[] = nothing;
  const take = (at: number, layer: number): boolean => {
    const kind = kinds[at] ?? rest;
    if (kind === null) return false;
    found[at] = kind === 'layer' ? layer : null;
    return true;
  };
  for (let at = 0, layer = 0; at < rows.length && take(at, layer); at += 1) {
    if (found[at] !== null) layer += 1;
  }
  for (let at = rows.length - 1, layer = layers - 1; at >= 0 && take(at, layer); at -= 1) {
    if (found[at] !== null) layer -= 1;
  }
  return found;
}

/** Instructions that never make a layer, whoever builds. */
const metadata =
  /^(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)(?: |$)/;

function kindOf({ createdBy, comment, bytes, emptyLayer }: TellingRow): 'layer' | 'empty' | null {
  if (emptyLayer !== null) return emptyLayer ? 'empty' : 'layer';
  if (bytes !== null && bytes > 0) return 'layer';
  // The builder of before BuildKit, and Podman with one blank less.
  const plain = /^[^#]* #\(nop\) {1,2}/.exec(createdBy);
  const text = plain ? createdBy.slice(plain[0].length) : createdBy;
  if (metadata.test(text)) return 'empty';
  // That builder leaves out a layer that changes nothing, as some stores do with a repeated COPY.
  if (plain) return null;
  const isBuildKit = comment.startsWith('buildkit.');
  if (isBuildKit || createdBy.endsWith(' # buildkit')) {
    if (/^(?:ADD|COPY|RUN) /.test(createdBy)) return 'layer';
    // On Windows a drive's root is none either, but how it is spelled is open.
    if (/^WORKDIR \/./.test(createdBy)) return 'layer';
    if (createdBy === 'WORKDIR /') return 'empty';
  }
  return comment.startsWith('Imported from ') ? 'layer' : null;
}
