/**
 * Entry of the language server: loading this file starts it, on `--stdio` or Node's IPC as the
 * arguments say. Only what the machine gives is chosen here.
 */

import process from 'node:process';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { baseImages } from './host/baseImages.ts';
import { createBuildx } from './host/buildx.ts';
import { buildsSince, buildxSettings, notedStarts } from './host/buildxFolder.ts';
import { nodeDigests } from './host/contentDigest.ts';
import { dataFolders, openData } from './host/dataFiles.ts';
import { nodeDecompressors } from './host/decompress.ts';
import { announcedLength } from './host/download.ts';
import { createEngine } from './host/engine.ts';
import { createGit } from './host/git.ts';
import { imagesFolder, openImageMemory } from './host/imageMemory.ts';
import { openImageRegistry, registryFolder } from './host/imageRegistry.ts';
import { buildPlatform, pathOf } from './host/machine.ts';
import { nodeFileSystem } from './host/nodeFileSystem.ts';
import { npmCacheFolder } from './host/packageCaches.ts';
import { openPackageData } from './host/packageData.ts';
import { cacheFolder } from './host/packageStore.ts';
import { createProber } from './host/prober.ts';
import { openRecordStore, recordsFolder } from './host/recordStore.ts';
import { keepSizes, registry, sizesFile, storedSizes } from './host/registry.ts';
import { startServer } from './server.ts';

const connection = createConnection(ProposedFeatures.all);

// A background job that fails unseen must not take the editor's server with it.
process.on('unhandledRejection', (reason) => {
  connection.console.error(
    `unhandled rejection: ${reason instanceof Error ? reason.stack : reason}`,
  );
});

const data = openData(dataFolders);
const packageData = openPackageData(
  data,
  () => 'The command *Dockerfile Layers: Update Package Data* fetches it.',
);

const records = openRecordStore();
const imageMemory = openImageMemory();
const imageRegistry = openImageRegistry(process.env);

startServer(connection, {
  files: nodeFileSystem,
  decompressors: nodeDecompressors,
  digests: nodeDigests,
  buildPlatform,
  npmCache: npmCacheFolder(),
  storedSizes: () => storedSizes(sizesFile(process.env)),
  askRegistry: registry,
  keepSizes: (sizes) => keepSizes(sizesFile(process.env), sizes),
  base: baseImages(data),
  packages: packageData.packages,
  git: createGit(),
  packageUpdates: packageData,
  askLength: announcedLength,
  builder: createBuildx(),
  prober: createProber(),
  buildsSince: (time) => buildsSince(buildxSettings(process.env), time),
  records,
  engine: createEngine({ env: process.env }),
  imageMemory,
  notedStarts: notedStarts(buildxSettings(process.env)),
  imageRegistry,
  useStorage(folder) {
    const own = folder ?? cacheFolder(process.env);
    records.useFolder(recordsFolder(own));
    imageMemory.useFolder(imagesFolder(own));
    imageRegistry.useFolder(registryFolder(own));
  },
  pathOf,
});
