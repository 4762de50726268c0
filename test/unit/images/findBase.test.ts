import assert from 'node:assert/strict';
import { decodeTable } from '../../../server/src/images/baseTable.ts';
import { findBase } from '../../../server/src/images/findBase.ts';
import { readSettings } from '../../../server/src/settings.ts';
import { known, table, tableOf, tableText } from '../../support/baseImages.ts';
import { leastMs } from '../../support/cpuTime.ts';

const bytes = (reference: string, arch?: string) => known(reference, arch).size?.bytes ?? null;

describe('the size of a base image', () => {
  it('is the published one with 3 % around it, with source, date and layers', () => {
    const facts = known('node:22-slim');
    assert.deepEqual(facts.size, { bytes: 227_340_000, low: 220_519_800, high: 234_160_200 });
    assert.equal(facts.reason, 'The size of node:22-slim as published, of 2026-09-19.');
    assert.equal(facts.layers, 5);
    assert.equal(facts.compressedLayers?.length, 5);
    assert.equal(facts.date, '2026-09-19');
  });

  const same: readonly (readonly [string, string])[] = [
    ['debian', 'debian:trixie'],
    ['debian:13', 'debian:trixie'],
    ['debian:12', 'debian:bookworm'],
    ['debian:12.11', 'debian:bookworm'],
    ['debian:stable-slim', 'debian:trixie-slim'],
    ['debian:oldstable', 'debian:bookworm'],
    ['debian:bookworm-20260803-slim', 'debian:bookworm-slim'],
    ['ubuntu', 'ubuntu:26.04'],
    ['ubuntu:rolling', 'ubuntu:26.04'],
    ['ubuntu:noble', 'ubuntu:24.04'],
    ['ubuntu:noble-20260905', 'ubuntu:24.04'],
    ['ubuntu:jammy', 'ubuntu:22.04'],
    ['alpine', 'alpine:3.24'],
    ['alpine:3', 'alpine:3.24'],
    ['alpine:3.22.1', 'alpine:3.22'],
    ['node', 'node:26'],
    ['node:current', 'node:26'],
    ['node:lts', 'node:24'],
    ['node:krypton-slim', 'node:24-slim'],
    ['node:lts-alpine', 'node:24-alpine'],
    ['node:jod-bookworm-slim', 'node:22-slim'],
    ['node:22-bookworm-slim', 'node:22-slim'],
    ['node:22.23', 'node:22'],
    ['node:22.23.1-bookworm', 'node:22'],
    ['node:slim', 'node:26-slim'],
    ['node:22-alpine3.24', 'node:22-alpine'],
    ['python', 'python:3.14'],
    ['python:3', 'python:3.14'],
    ['python:3-slim', 'python:3.14-slim'],
    ['python:slim-trixie', 'python:3.14-slim'],
    ['python:3.13.7-slim', 'python:3.13-slim'],
    ['python:3.12.4-slim', 'python:3.12-slim-bookworm'],
    ['golang:1.26.3', 'golang:1.26'],
    ['golang:1.25-trixie', 'golang:1.25'],
    ['nginx:mainline', 'nginx:latest'],
    ['nginx:stable-alpine3.24', 'nginx:stable-alpine'],
    ['php:8.4', 'php:8.4-cli'],
    ['php:8.4-fpm-trixie', 'php:8.4-fpm'],
    ['eclipse-temurin:21', 'eclipse-temurin:21-jdk'],
    ['postgres:latest', 'postgres:18'],
    ['postgres:18.1', 'postgres:18'],
    ['postgres:18-trixie', 'postgres:18'],
    ['redis:7.4-bookworm', 'redis:7'],
    ['ruby:3.4.5-slim', 'ruby:3.4-slim'],
    ['rust', 'rust:1'],
    ['rust:slim', 'rust:1-slim'],
    ['buildpack-deps', 'buildpack-deps:trixie'],
    ['buildpack-deps:oldstable', 'buildpack-deps:bookworm'],
    ['centos:centos7', 'centos:7'],
    ['docker', 'docker:dind'],
    ['docker.io/library/node:22-slim', 'node:22-slim'],
    ['index.docker.io/library/node:22-slim', 'node:22-slim'],
    ['docker.io/node:22-slim', 'node:22-slim'],
    ['public.ecr.aws/docker/library/node:22-slim', 'node:22-slim'],
    ['mirror.gcr.io/library/node:22-slim', 'node:22-slim'],
    ['amd64/node:22-slim', 'node:22-slim'],
  ];
  for (const [reference, like] of same) {
    it(`of ${reference} is that of ${like}`, () => {
      assert.ok(bytes(like), `${like} has no size`);
      assert.equal(bytes(reference), bytes(like));
      assert.deepEqual(known(reference).size, known(like).size);
    });
  }

  it('is wider for a digest, whose build is not known', () => {
    const facts = known(`node:22-slim@sha256:${'a'.repeat(64)}`);
    assert.equal(facts.size?.bytes, 227_340_000);
    assert.equal(facts.size?.low, Math.round(227_340_000 * 0.85));
    assert.match(facts.reason, /which build the digest names is not known/);
    assert.equal(known(`node@sha256:${'a'.repeat(64)}`).size, null);
  });

  it('comes from the image most like it, with a wider band, where the tag has none', () => {
    const facts = known('node:22.4-slim');
    assert.equal(facts.size?.bytes, 227_340_000);
    assert.equal(facts.size?.high, 227_340_000 * 1.25);
    assert.match(facts.reason, /no figure for node:22\.4-slim/);
  });

  it('comes from the compressed size of the platform by a ratio, never from another platform', () => {
    const { size, reason } = known('node:22-slim', 'arm64');
    assert.ok(size && Math.abs(size.bytes - 227_340_000) < 1e6);
    assert.ok(size.high > size.bytes * 1.14);
    assert.match(reason, /Unpacked from the 79\.9 MB/);
    const other = known('node:22-slim', 's390x');
    assert.equal(other.size, null);
    assert.equal(other.layers, null);
    assert.equal(other.reason, 'There are no figures for linux/s390x.');
    assert.equal(bytes('arm64v8/node:22-slim'), bytes('node:22-slim', 'arm64'));
  });

  it('is as old as the table says, and then its band is wider', () => {
    const { size, date, reason } = known('centos:7');
    assert.equal(date, '2020-10');
    assert.match(reason, /2020-10/);
    assert.equal(size?.low, Math.round((size?.bytes ?? 0) * 0.85));
  });

  it('is unknown for other registries, Windows and what is no reference, each with its reason', () => {
    assert.match(
      known('ghcr.io/x/y:1').reason,
      /ghcr\.io\/x\/y is not an official image; name its size/,
    );
    assert.match(known('localhost:5000/node:22').reason, /^localhost:5000\/node is not/);
    assert.match(known('bitnami/node:18').reason, /^bitnami\/node is not an official image/);
    assert.match(known('golang:1.26-windowsservercore-ltsc2022').reason, /Windows/);
    assert.match(known('mcr.microsoft.com/windows/servercore:ltsc2022').reason, /Windows/);
    assert.match(known('Node:22').reason, /no image reference/);
    assert.match(known('nosuchimage:1').reason, /no figures for nosuchimage/);
    const windows = findBase(table, 'node:22', { os: 'windows', arch: 'amd64', variant: '' });
    assert.equal(windows.reason, 'There are no figures for windows/amd64.');
  });

  it('never throws, whatever the reference', () => {
    for (const text of [
      '',
      ':',
      '@',
      'a:',
      '---',
      'x:-',
      'debian:-',
      `debian:${'-'.repeat(120)}`,
      '${A}',
      'a/b/c:d@e',
      'node:constructor',
      '__proto__',
      'constructor:toString',
    ])
      assert.equal(typeof known(text).reason, 'string');
  });
});

describe('packages of a base image', () => {
  it('are those that were asked for on top of the plain distribution', () => {
    assert.deepEqual(known('debian:bookworm-slim').packages, []);
    assert.deepEqual(known('node:22-slim').packages, []);
    const full = known('node:22').packages ?? [];
    for (const name of ['git', 'curl', 'g++', 'libssl-dev', 'imagemagick']) {
      assert.ok(full.includes(name), name);
    }
    assert.ok(full.every((name) => !name.startsWith('@')));
    assert.ok(known('golang:1.26').packages?.includes('git'));
    assert.ok(!known('golang:1.26').packages?.includes('imagemagick'));
    assert.ok(known('python:3.13-slim').packages?.includes('netbase'));
    assert.equal(known('mongo:8').packages, null);
    assert.equal(known('ghcr.io/x/node:22-slim').packages, null);
  });
});

describe('the table', () => {
  it('that is damaged or of another version is refused with a sentence', () => {
    assert.deepEqual(decodeTable('{'), {
      ok: false,
      reason: 'The table of base images is damaged.',
    });
    assert.deepEqual(decodeTable('{"format":99}'), {
      ok: false,
      reason: 'The table of base images is of another version.',
    });
    for (const text of ['null', '[]', '1', '""', '{}']) assert.equal(decodeTable(text).ok, false);
  });

  it('loses single rows that make no sense, and nothing else', () => {
    const odd = JSON.parse(tableText);
    odd.images['node:odd'] = 5;
    odd.images['node:22-slim'].amd64.layers = ['x'];
    odd.repositories.odd = null;
    const read = tableOf(JSON.stringify(odd));
    assert.equal(known('node:22-slim', 'amd64', read).size?.bytes, 227_340_000);
    assert.equal(known('node:22-slim', 'amd64', read).layers, null);
  });

  it('is smaller than 30 KiB packed, and read in less than 50 ms', () => {
    assert.ok(leastMs(() => void tableOf(tableText), 50) <= 50);
    assert.ok(table.rows.size > 50);
  });

  // Leave-one-out: how far the figure of the most similar image lies from an image's own.
  it('answers for images that it does not have within the band that it states', () => {
    const source = JSON.parse(tableText);
    let inside = 0;
    const errors: number[] = [];
    for (const name of Object.keys(source.images)) {
      const own = source.images[name];
      if (own.date < '2024' || !own.amd64) continue;
      const truth = bytes(name);
      if (truth === null) continue;
      const { [name]: _, ...images } = source.images;
      const { size } = known(name, 'amd64', tableOf(JSON.stringify({ ...source, images })));
      if (!size) continue;
      errors.push(Math.abs(size.bytes - truth) / truth);
      if (truth >= size.low && truth <= size.high) inside += 1;
    }
    errors.sort((a, b) => a - b);
    const median = errors[Math.floor(errors.length / 2)] ?? 1;
    assert.ok(errors.length > 80);
    assert.ok(median < 0.07, `median ${median}`);
    assert.ok(inside / errors.length > 0.87, `${inside} of ${errors.length}`);
  }).timeout(60_000);
});

describe('images of one’s own', () => {
  const set = readSettings({
    images: {
      'registry.example.com/base:*': { like: 'debian:bookworm-slim', size: '230MB', layers: 5 },
      'company/node': 'node:22-slim',
      'corp/*': { suite: 'noble', layers: 3 },
      'third/x:1': { distribution: 'alpine', suite: '3.22', size: 12 },
      wrong: 7,
      empty: {},
    },
  }).images;
  const found = (reference: string) =>
    findBase(table, reference, { os: 'linux', arch: 'amd64', variant: '' }, set);

  it('are as the settings say', () => {
    assert.equal(set.length, 4);
    const base = found('registry.example.com/base:2.1');
    assert.deepEqual(base.size, { bytes: 230e6, low: 230e6, high: 230e6 });
    assert.equal(base.layers, 5);
    assert.deepEqual(base.distribution, { id: 'debian', suite: 'bookworm', slim: true });
    assert.deepEqual(base.packages, []);
    assert.match(base.reason, /as set/);
    const node = found(`company/node:7@sha256:${'b'.repeat(64)}`);
    assert.equal(node.size?.bytes, 227_340_000);
    assert.match(node.reason, /^As set, it is like node:22-slim\./);
    const corp = found('corp/a/b:1');
    assert.equal(corp.size, null);
    assert.equal(corp.layers, 3);
    assert.deepEqual(corp.distribution, { id: 'ubuntu', suite: 'noble', slim: true });
    assert.equal(corp.packages, null);
    assert.deepEqual(found('third/x:1').distribution, {
      id: 'alpine',
      suite: 'v3.22',
      slim: false,
    });
    assert.equal(found('third/x:2').size, null);
  });

  it('win over the table', () => {
    const mapping = readSettings({ images: { 'debian:*': { size: '1MB' } } }).images;
    const platform = { os: 'linux', arch: 'amd64', variant: '' };
    assert.equal(findBase(table, 'debian:bookworm', platform, mapping).size?.bytes, 1e6);
  });
});
