import { join } from 'node:path';

/** The project's own folder, which is also the extension's source folder. */
export const projectRoot = join(import.meta.dirname, '../..');
