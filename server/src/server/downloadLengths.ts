/** The request that asks servers how long downloads are: which ones, and what is told of the answers. */

import type { CancellationToken } from 'vscode-languageserver';
import { type AskLength, askLengths, downloadsOf } from '../analysis/downloads.ts';
import { type AskRegistry, askPackageSizes, type PackageSizes } from '../analysis/packageSizes.ts';
import type { Analysis, Analyzer } from '../analysis.ts';
import type { AskDownloadsResult } from '../protocol.ts';

/** In Restricted Mode nothing is contacted, whoever asks. */
export const notAskedInRestrictedMode = answer(
  'Servers are not asked in Restricted Mode. Trust the workspace to use this command.',
);

/** The server was started by something that contacts nobody. */
export const nothingAsks = answer('This language server cannot ask for download sizes.');

/** Who is asked, and who keeps what registries say. */
interface AskPorts {
  readonly askLength: AskLength;
  readonly askRegistry?: AskRegistry;
  readonly keepSizes?: (sizes: PackageSizes) => Promise<void>;
}

/** Asks for each download of a Dockerfile, and has the analyzer take the answers. */
export async function askDownloads(
  analysis: Analysis,
  ports: AskPorts,
  analyzer: Pick<Analyzer, 'takeLengths' | 'takePackageSizes'>,
  token: CancellationToken,
): Promise<AskDownloadsResult> {
  const addresses = downloadsOf(analysis);
  const packages = ports.askRegistry ? analysis.unsized : [];
  if (addresses.length + packages.length === 0) {
    return answer(
      'No line of this Dockerfile puts a download with a known address into the image.',
    );
  }
  const controller = new AbortController();
  const listening = token.onCancellationRequested(() => controller.abort());
  try {
    const answers = await askLengths(addresses, ports.askLength, controller.signal);
    const sizes = ports.askRegistry
      ? await askPackageSizes(packages, ports.askRegistry, controller.signal)
      : new Map();
    if (controller.signal.aborted) return { ...answer(''), cancelled: true };
    analyzer.takeLengths(answers);
    analyzer.takePackageSizes(sizes);
    await ports.keepSizes?.(sizes);
    const failed: string[] = [];
    for (const [address, fact] of answers) {
      if (fact.state === 'unavailable') failed.push(`${address}: ${fact.reason}`);
    }
    const known = answers.size - failed.length;
    const asked = [
      ...(answers.size > 0 ? [`${known} of ${answers.size} downloads`] : []),
      ...(packages.length > 0 ? [`${sizes.size} of ${packages.length} packages`] : []),
    ];
    const found = `The sizes of ${asked.join(' and ')} are known now.`;
    return { message: [found, ...failed].join('\n'), known, failed, cancelled: false };
  } finally {
    listening.dispose();
  }
}

function answer(message: string): AskDownloadsResult {
  return { message, known: 0, failed: [], cancelled: false };
}
