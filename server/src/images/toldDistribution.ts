/** Which distribution an image is made of, where its own history says so. */

import type { HistoryRow } from '../engine/engine.ts';
import type { ImageConfig } from '../model/plan.ts';
import type { BaseLayer, Distribution } from './baseFacts.ts';
import { debianSuite, distribution, releaseOf, ubuntuSuite } from './releases.ts';

/**
 * By what the makers of Debian's, Ubuntu's and Alpine's images write into the first entries of the
 * history; null: that tells nothing. `lowest` is the layer at the bottom. Labels of the image are not
 * asked, as an image that is built on such a one keeps or changes them.
 */
export function distributionOfRows(
  rows: readonly Pick<HistoryRow, 'createdBy'>[],
  lowest: Pick<BaseLayer, 'bytes' | 'compressed'> | undefined,
): Distribution | null {
  // What a registry says may be of any length.
  const [first = '', ...others] = rows.slice(0, 6).map(({ createdBy }) => createdBy.slice(0, 1000));
  const debian = /^# debian\.sh .*?'([a-z]+)' '@\d+'/.exec(first);
  if (debian) {
    const suite = debianSuite(debian[1] ?? '');
    const slim = isSlim(lowest);
    if (suite !== null && slim !== null) return distribution({ id: 'debian', suite }, slim);
  }
  const alpine = /\balpine-minirootfs-(\d+\.\d+)\.\d+-/.exec(first);
  const release = alpine && releaseOf(`alpine${alpine[1]}`);
  if (release) return distribution(release, false);
  const labels = [first, ...others];
  const isUbuntu = labels.some((text) =>
    /LABEL org\.opencontainers\.image\.ref\.name=ubuntu$/.test(text),
  );
  if (!isUbuntu) return null;
  for (const text of labels) {
    const version = /LABEL org\.opencontainers\.image\.version=(\d\d\.\d\d)$/.exec(text);
    const suite = version && ubuntuSuite(version[1] ?? '');
    if (suite) return distribution({ id: 'ubuntu', suite }, false);
  }
  return null;
}

/**
 * By what Fedora's and Red Hat's base images set in their configuration, which images that are built
 * on them take over; null: that tells nothing.
 */
export function distributionOfConfig({ env, labels }: Partial<ImageConfig>): Distribution | null {
  const fedora = env?.map((text) => /^DISTTAG=f(\d\d)container$/.exec(text)?.[1]).find(Boolean);
  const ubi = /^ubi(\d+)(?:-\w+)?-container$/.exec(labels?.['com.redhat.component'] ?? '')?.[1];
  const release = releaseOf(fedora ? `fedora${fedora}` : ubi ? `ubi${ubi}` : '');
  return release ? distribution(release, false) : null;
}

/**
 * Debian's `-slim` images leave documentation out; what their layer takes tells them apart. Measured
 * from buster to trixie: 69 to 81 MB against 114 to 125 MB, compressed 27 to 31 MB against 48 to 55 MB.
 */
function isSlim(lowest: Pick<BaseLayer, 'bytes' | 'compressed'> | undefined): boolean | null {
  if (lowest?.bytes) return lowest.bytes < 97e6;
  if (lowest?.compressed) return lowest.compressed < 39e6;
  return null;
}
