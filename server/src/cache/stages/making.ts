/** What all that makes trees of stages shares. */

import type { CopyOrigin } from '../../model/plan.ts';
import type { DigestOf } from './digests.ts';
import { find } from './draft.ts';
import type { StageInputs } from './inputs.ts';
import { certain, type Marks } from './marks.ts';
import { emptyFolder, type HiddenNode, type Node, type Owner } from './nodes.ts';

/** What is needed to follow steps. */
export interface Making extends StageInputs {
  readonly digestOf: DigestOf;
  /** Tells trees apart, as `identities.ts` does. */
  readonly identityOf: DigestOf;
  /** The root of what a COPY --from or a mount takes its files from. */
  readonly treeOf: (origin: CopyOrigin) => Node;
  /** The owner that `USER` or `--chown` names, by the user database of the image. */
  readonly ownerOf: (user: string, root: Node) => Owner;
}

/** All of what something has made. */
export function hiddenBy(id: string, marks: Marks = certain): HiddenNode {
  return { kind: 'hidden', maker: { id, marks }, path: '/' };
}

/** `ownerOf` as BuildKit reads it: numbers as they are, names through the files of the image. */
export function ownerReader(
  hash: StageInputs['hash'],
  digestOf: DigestOf,
): (user: string, root: Node) => Owner {
  return (user, root) => {
    const [name = '', group] = user.split(':');
    const isRoot = /^(root|0+)?$/.test(name);
    if (isRoot && (group === undefined || /^(root|0+)?$/.test(group))) return '0:0';
    const database = () => {
      const parts = ['/etc/passwd', '/etc/group'].map(
        (path) => digestOf(find(root, path).node ?? emptyFolder()).digest,
      );
      return hash(parts.join(' ')).slice(0, 16);
    };
    const uid = isRoot ? '0' : /^\d+$/.test(name) ? name : `${name}@${database()}`;
    if (group === undefined || group === '')
      return `${uid}:${isRoot ? '0' : `of ${uid}@${database()}`}`;
    const gid = /^(root|0+)$/.test(group)
      ? '0'
      : /^\d+$/.test(group)
        ? group
        : `${group}@${database()}`;
    return `${uid}:${gid}`;
  };
}
