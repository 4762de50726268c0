/** The bundled table of base images as the analysis asks for it. */

import type { Fact } from '../context/fact.ts';
import type { BaseFacts } from '../images/baseFacts.ts';
import { decodeTable } from '../images/baseTable.ts';
import { findBase } from '../images/findBase.ts';
import type { ImageMapping } from '../images/imageMapping.ts';
import type { Platform } from '../model/plan.ts';
import type { DataFiles } from './dataFiles.ts';

/** What is known of an image, by the bundled table and the settings. The table is read once, when it is first asked for. */
export type BaseImages = (
  reference: string,
  platform: Platform,
  settings: { readonly images: ImageMapping },
) => Promise<Fact<BaseFacts>>;

/** Looks images up in the table that comes with the extension. */
export function baseImages(data: DataFiles): BaseImages {
  let decoded: Promise<ReturnType<typeof decodeTable>> | null = null;
  return async (reference, platform, { images }) => {
    decoded ??= data.read('images').then((bytes) => {
      if (bytes) return decodeTable(new TextDecoder().decode(bytes));
      return { ok: false, reason: 'The table of base images is missing or damaged.' };
    });
    const read = await decoded;
    if (!read.ok) return { state: 'unavailable', reason: read.reason };
    return { state: 'known', value: findBase(read.table, reference, platform, images) };
  };
}
