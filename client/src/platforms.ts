/** Platforms to pick from: those that the base images are there for first, then the usual ones. */

import type { StackReport } from '../../server/src/protocol.ts';

const usual = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
];

export interface PlatformItem {
  readonly label: string;
  readonly description: string;
}

/** The platform that is built now stands first. What a registry says counts; an engine has one image only. */
export function platformItems({ platform, stages }: StackReport): readonly PlatformItem[] {
  const lists = stages.flatMap(({ needed, base }) =>
    needed && base.source === 'registry' && base.platforms ? [base.platforms] : [],
  );
  const [first = [], ...others] = lists;
  const offered = first.filter((one) => others.every((list) => list.includes(one)));
  const what =
    lists.length > 1 ? 'the base images are there for it' : 'the base image is there for it';
  return [...new Set([platform, ...offered, ...usual])].map((label) => {
    const said = [
      label === platform ? 'built now' : '',
      lists.length === 0 ? '' : offered.includes(label) ? what : '',
    ].filter(Boolean);
    return { label, description: said.join(', ') };
  });
}
