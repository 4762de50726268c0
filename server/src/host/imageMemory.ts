/**
 * Images that were built from Dockerfiles, on disk, for comparing later ones with them: a folder for
 * each Dockerfile, and in it a small packed file for each image (`keptFiles.ts`).
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ImageMemory, RememberedImage } from '../engine/comparison.ts';
import { decodeImage, encodeImage } from '../engine/rememberedImage.ts';
import { folderName, type KeptParts, keptFiles, machineParts, notKept } from './keptFiles.ts';

/** How many images are kept for one Dockerfile. */
export const keptImages = 10;

export interface ImageFolder extends ImageMemory {
  /** Where the images lie; null: there is no place for them. */
  useFolder(folder: string | null): void;
}

const defaults: KeptParts = {
  ...machineParts,
  totalBytes: 20_000_000,
  textLimit: 4_000_000,
  packedLimit: 1_000_000,
};

/** The folder of images in a folder of the product's own: the extension's storage, or `cacheFolder`. */
export function imagesFolder(own: string | null): string | null {
  return own === null ? null : join(own, 'images');
}

/** The memory; it touches nothing until someone reads or adds. */
export function openImageMemory(replaced: Partial<KeptParts> = {}): ImageFolder {
  const parts = { ...defaults, ...replaced };
  const { files } = parts;
  const kept = keptFiles(parts, imageFiles);
  let root: string | null = null;

  const tidyOne = async (folder: string): Promise<void> => {
    const names = await files.readdir(folder);
    await kept.removeUnfinished(folder, names);
    for (const { name } of imageFiles(names).slice(keptImages)) {
      await files.rm(join(folder, name), { force: true });
    }
  };

  return {
    useFolder(folder) {
      root = folder;
    },
    async read(dockerfile) {
      if (root === null) return [];
      const folder = join(root, folderName(dockerfile));
      const names = await files.readdir(folder).catch(() => []);
      const found: RememberedImage[] = [];
      for (const { name } of imageFiles(names).slice(0, keptImages)) {
        const text = await kept.text(join(folder, name));
        const image = text === null ? null : decodeImage(text, dockerfile);
        if (image) found.push(image);
      }
      return found;
    },
    async add(dockerfile, image) {
      if (root === null) {
        throw new Error('The image is not kept, as there is no folder for images.');
      }
      const bytes = await kept.packed(encodeImage(dockerfile, image));
      if (!bytes) throw new Error('The image is not kept, as its history is too long.');
      const folder = join(root, folderName(dockerfile));
      const path = await kept
        .place(folder, bytes, () => imageFileName(image))
        .catch((error) => {
          throw notKept('The image', error, root as string);
        });
      // The image is kept; what is left over may also be removed another time.
      await tidyOne(folder).catch(() => {});
      await kept.tidyAll(root, path).catch(() => {});
    },
  };
}

/**
 * A name by the time of the build and by what the image is: two windows that remember the same one
 * write the same file.
 */
function imageFileName({ id, target, platform, createdAt }: RememberedImage): string {
  const time = Math.min(Math.max(0, Math.trunc(createdAt)), 999_999_999_999_999);
  const of = createHash('sha256')
    .update(JSON.stringify([id, target, platform]))
    .digest('hex');
  return `${String(time).padStart(15, '0')}-${of.slice(0, 16)}.json.gz`;
}

/** The finished files among some names, the newest build first. */
function imageFiles(
  names: readonly string[],
): readonly { readonly name: string; readonly time: number }[] {
  return names
    .filter((name) => /^\d{15}-[\da-f]{16}\.json\.gz$/.test(name))
    .sort()
    .reverse()
    .map((name) => ({ name, time: Number(name.slice(0, 15)) }));
}
