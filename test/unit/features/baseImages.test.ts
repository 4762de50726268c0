import assert from 'node:assert/strict';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type Analysis, analyze, createAnalyzer } from '../../../server/src/analysis.ts';
import { card } from '../../../server/src/features/card.ts';
import { inlayHints } from '../../../server/src/features/inlayHints.ts';
import { stack } from '../../../server/src/features/stack.ts';
import { baseImages } from '../../../server/src/host/baseImages.ts';
import { dataFolders, openData } from '../../../server/src/host/dataFiles.ts';
import { nodeDecompressors } from '../../../server/src/host/decompress.ts';
import { nodeFileSystem } from '../../../server/src/host/nodeFileSystem.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { linux } from '../../support/plans.ts';

const ports = {
  files: nodeFileSystem,
  decompressors: nodeDecompressors,
  buildPlatform: linux,
  base: baseImages(openData(dataFolders)),
};

function subject(text: string, settings: unknown = {}) {
  return {
    key: 'untitled:Dockerfile',
    path: null,
    folder: null,
    within: null,
    text,
    version: 1,
    settings: readSettings(settings),
  };
}

const analyzed = (text: string, settings: unknown = {}) => analyze(subject(text, settings), ports);

function report(analysis: Analysis, text: string) {
  return stack(analysis, TextDocument.create('untitled:Dockerfile', 'dockerfile', 1, text));
}

function hintsOf(analysis: Analysis, text: string): readonly string[] {
  const document = TextDocument.create('untitled:Dockerfile', 'dockerfile', 1, text);
  const all = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  return inlayHints(analysis, document, all, null).map(({ label }) =>
    typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
  );
}

function cardOf(analysis: Analysis): string {
  const stage = analysis.plan.stages[0];
  assert.ok(stage);
  return card(analysis, { kind: 'from', instruction: stage.from.instruction, stage });
}

describe('FROM with the table of base images', () => {
  it('says layers and size, marked as an estimate', async () => {
    const text = 'FROM debian:bookworm\n';
    assert.deepEqual(hintsOf(await analyzed(text), text), ['base · 1 layer · ~117 MB']);
    const slim = 'FROM node:22-slim\n';
    assert.deepEqual(hintsOf(await analyzed(slim), slim), ['base · 5 layers · ~227 MB']);
  });

  it('counts the base into stages that start from it, and into the totals', async () => {
    const text = 'FROM debian:bookworm-slim AS a\nWORKDIR /x\nFROM a\n';
    const analysis = await analyzed(text);
    assert.deepEqual(hintsOf(analysis, text)[2], 'base · 2 layers · ~75 MB');
    const { totals } = report(analysis, text);
    assert.equal(totals.baseLayers, 1);
    assert.equal(totals.base.bytes, 74_830_000);
    assert.equal(totals.size.bytes, 74_830_000);
    assert.equal(totals.size.basis, 'estimated');
    assert.ok((totals.size.low ?? 0) < 74_830_000 && (totals.size.high ?? 0) > 74_830_000);
    assert.equal(totals.size.atLeast, false);
  });

  it('lists the layers of the base, each with its size or why it has none', async () => {
    const one = await analyzed('FROM debian:bookworm\n');
    const [only] = report(one, 'FROM debian:bookworm\n').stages[0]?.base.layers ?? [];
    assert.equal(only?.size.bytes, 116_608_664);
    assert.equal(only?.diffId, null);
    const text = 'FROM node:22-slim\n';
    const layers = report(await analyzed(text), text).stages[0]?.base.layers ?? [];
    assert.equal(layers.length, 5);
    assert.equal(layers[0]?.size.basis, 'unknown');
    assert.equal(layers[0]?.size.reason, 'Only its compressed size is known, 28 MB.');
  });

  it('is of the platform that the stage is built for', async () => {
    const text = 'FROM --platform=linux/arm64 debian:bookworm-slim\n';
    const { base } = report(await analyzed(text), text).totals;
    assert.match(base.reason, /compressed/);
    const s390x = 'FROM --platform=linux/s390x node:22-slim\n';
    const unknown = report(await analyzed(s390x), s390x).totals;
    assert.equal(unknown.base.basis, 'unknown');
    assert.equal(unknown.base.reason, 'There are no figures for linux/s390x.');
    assert.equal(unknown.baseLayers, null);
    assert.deepEqual(hintsOf(await analyzed(s390x), s390x), ['base']);
  });

  it('says in its card what the image is made of, and where the figure comes from', async () => {
    const text = cardOf(await analyzed('FROM node:22-slim\n'));
    assert.match(text, /`node:22-slim`, 5 layers, made of Debian bookworm \(slim\)/);
    assert.match(
      text,
      /about 227 MB \(221 MB to 234 MB\), estimated\. The size of node:22-slim as published, of 2026-09-19\./,
    );
    const other = cardOf(await analyzed('FROM ghcr.io/x/y:1\n'));
    assert.match(
      other,
      /\*\*Size\*\*: unknown\. ghcr\.io\/x\/y is not an official image; name its size in the setting/,
    );
  });

  it('takes what the settings say of other images', async () => {
    const text = 'FROM registry.example.com/base:3\nWORKDIR /x\n';
    const images = {
      'registry.example.com/*': { like: 'debian:bookworm-slim', size: '230MB', layers: 5 },
    };
    const analysis = await analyzed(text, { images });
    assert.deepEqual(hintsOf(analysis, text)[0], 'base · 5 layers · ~230 MB');
    assert.match(cardOf(analysis), /made of Debian bookworm \(slim\)/);
  });

  it('is pending until the table is read, and then the editor is told', async () => {
    let told = 0;
    const analyzer = createAnalyzer(ports, () => {
      told += 1;
    });
    const asked = subject('FROM debian:bookworm\n');
    const first = analyzer.analysis(asked);
    assert.equal(first.totals.of(0)?.base.pending, true);
    await analyzer.settled(asked.key);
    assert.ok(told > 0);
    assert.equal(analyzer.analysis(asked).totals.of(0)?.base.bytes, 116_608_664);
    analyzer.stop();
  });

  it('stays known at the first hover, and when a target is picked', async () => {
    const analyzer = createAnalyzer(ports, () => {});
    const text = 'FROM debian:bookworm AS a\nFROM a\n';
    const opened = { ...subject(text), untouched: true };
    analyzer.analysis(opened);
    await analyzer.settled(opened.key);
    for (const next of [subject(text), subject(text, { target: 'a' })]) {
      const { base } = analyzer.analysis(next).totals.of(0) ?? {};
      assert.equal(base?.bytes, 116_608_664);
      assert.equal(base.pending, undefined);
    }
    analyzer.stop();
  });
});
