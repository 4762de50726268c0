/** What apt's programs put into a layer, on a small index. */

import assert from 'node:assert/strict';
import type { PackageIndex } from '../../../../server/src/packages/packageIndex.ts';
import { computed, type Size } from '../../../../server/src/size/size.ts';
import { debian, factsOf, lastSize } from '../../../support/estimates.ts';
import { smallIndex } from '../../../support/packages.ts';

const index = smallIndex({
  curl: { needs: 'libcurl4', files: 500_000, control: 10_000 },
  libcurl4: { files: 2_000_000, documentation: 500_000, likes: 'ca-certificates' },
  'ca-certificates': { templates: true, extra: 240_000 },
  gcc: { needs: 'cpp', files: 100_000_000 },
  cpp: { files: 50_000_000 },
  'php8.2-cli': {},
  'php8.2-xml': {},
  'g++': {},
  nodejs: { files: 90_000_000 },
  big: { files: 10_000_000, measured: false },
  pylib: { python: 2_000_000, files: 3_000_000 },
});

function layer(
  commands: string,
  options: { slim?: boolean; data?: PackageIndex | null } = {},
): Size {
  const { slim = true, data = index } = options;
  const facts = factsOf({
    base: () => ({
      state: 'known',
      value: { ...debian, distribution: { id: 'debian', suite: 'bookworm', slim } },
    }),
    packages: () =>
      data ? { state: 'known', value: data } : { state: 'unavailable', reason: 'No data.' },
  });
  return lastSize(`FROM debian:bookworm\n${commands}\n`, {}, facts);
}

/** Once per RUN that installs something, and once more the first time on a slim image. */
const fixed = 930_000;
const first = 202_000;

/** Sizes of packages are rounded where indexes are stored. */
function near({ bytes, reason }: Size, expected: number, slack = expected * 0.001 + 3000): void {
  assert.ok(bytes !== null, reason);
  assert.ok(Math.abs(bytes - expected) <= slack, `${bytes} is not about ${expected}`);
}

describe('RUN apt-get install', () => {
  it('counts the files of all packages, their control files and what apt itself rewrites', () => {
    const size = layer('RUN apt-get install -y --no-install-recommends curl');
    near(size, 500_000 + 10_000 + 1_500_000 + fixed + first + 2 * 2600);
    assert.equal(size.atLeast, false);
    assert.equal(size.basis, 'estimated');
    assert.equal(size.parts?.[0]?.label, '2 packages for curl');
    assert.match(size.reason, /Debian bookworm of 2026-11-19/);
  });

  it('counts documentation where the image does not leave it out', () => {
    const plain = layer('RUN apt-get install -y --no-install-recommends curl', { slim: false });
    near(plain, 500_000 + 10_000 + 2_000_000 + fixed + 2 * 2600);
  });

  it('has a band of 5 %, or of half a megabyte', () => {
    const small = layer('RUN apt-get install -y curl --no-install-recommends');
    assert.equal((small.high ?? 0) - (small.bytes ?? 0), 500_000);
    const { bytes, low } = layer('RUN apt-get install -y gcc');
    assert.ok(Math.abs(((bytes ?? 0) - (low ?? 0)) / (bytes ?? 1) - 0.05) < 0.001);
  });

  it('has a wider band for packages whose files were not counted, and says so', () => {
    const { bytes, high, reason } = layer('RUN apt-get install -y big', { slim: false });
    const doubt = (high ?? 0) - (bytes ?? 0);
    assert.ok(doubt > 2_400_000 && doubt < 2_600_000, String(doubt));
    assert.match(reason, /as the packages declare them/);
  });

  it('adds recommended packages unless it is told not to, in any of the ways there are', () => {
    const without = layer('RUN apt-get install --no-install-recommends -y curl').bytes ?? 0;
    for (const command of [
      'apt-get -y -o APT::Install-Recommends=false install curl',
      'apt-get -oAPT::Install-Recommends=0 install curl -yqq',
      'apt install --install-recommends=false -y curl',
      `echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/99x && apt-get install curl`,
    ]) {
      near(layer(`RUN ${command}`), without, 5000);
    }
    // aptitude writes its own states of packages twice.
    near(layer('RUN aptitude install -R -y curl'), without + 2 * 10_400, 5000);
    const rest = 1_000_000 + 240_000 + 810_000 + 2600;
    near(layer('RUN apt-get install -y curl'), without + rest);
  });

  it('remembers the setting for the lines after it', () => {
    const line = `RUN printf 'APT::Install-Recommends "0";\\n' > /etc/apt/apt.conf.d/01norecommend\n`;
    const size = layer(`${line}RUN apt-get install -y curl`);
    near(size, layer('RUN apt-get install -y --no-install-recommends curl').bytes ?? 0);
  });

  it('counts only what the lines before did not install', () => {
    const size = layer('RUN apt-get install -y gcc\nRUN apt-get install -y gcc g++');
    near(size, 1_000_000 + fixed + 2600);
    assert.equal(layer('RUN apt-get install -y gcc\nRUN apt-get install -y gcc').bytes, 0);
  });

  it('counts bytecode of Python sources', () => {
    near(layer('RUN apt-get install pylib'), 5_000_000 + fixed + first + 2600);
  });

  it('reads versions, releases, architectures and signs behind names', () => {
    const whole = layer('RUN apt-get install gcc').bytes ?? 0;
    for (const name of ['gcc=4:12.2.0-3', 'gcc/bookworm', 'gcc:amd64', 'gcc+', '-t bookworm gcc']) {
      near(layer(`RUN apt-get install ${name}`), whole);
    }
    assert.match(
      layer('RUN apt-get install -t bookworm-backports gcc').reason,
      /release `bookworm-backports` are not in the package data/,
    );
    assert.match(layer('RUN apt-get install gcc:i386').reason, /architecture `i386`/);
    near(layer('RUN apt-get install g++'), 1_000_000 + fixed + first + 2600);
  });

  it('reads patterns, of the shell and regular ones', () => {
    const two = 2_000_000 + fixed + first + 2 * 2600;
    near(layer("RUN apt-get install 'php8.2-*'"), two);
    near(layer("RUN apt-get install '^php8'"), two);
  });

  it('is at least what is known where a name is in no index, and offers the nearest', () => {
    const size = layer('RUN apt-get install -y crul gcc');
    assert.equal(size.atLeast, true);
    near(size, 150_000_000 + fixed + first + 2 * 2600);
    assert.match(size.reason, /no package `crul` in Debian bookworm\. Did you mean `curl`\?/);
  });

  it('is unknown for package files, and for names that only the running shell knows', () => {
    assert.match(layer('RUN apt-get install -y ./x.deb').reason, /package file `\.\/x\.deb`/);
    assert.equal(layer('RUN apt-get install -y $(cat names)').bytes, null);
  });

  it('is unknown where another source may have the package', () => {
    const line =
      'RUN echo "deb https://deb.nodesource.com/node_20.x nodistro main" > /etc/apt/sources.list.d/n.list\n';
    assert.match(
      layer(`${line}RUN apt-get install -y nodejs`).reason,
      /may come from a package source/,
    );
    assert.ok((layer(`${line}RUN apt-get install -y curl`).bytes ?? 0) > 2_000_000);
  });

  it('writes nothing when it only says what it would do', () => {
    assert.equal(layer('RUN apt-get install -s gcc').bytes, 0);
  });

  it('is unknown with a way out where the distribution or its data is not known', () => {
    assert.match(layer('RUN apt-get install gcc', { data: null }).reason, /No data/);
    const facts = factsOf({ base: () => ({ state: 'unavailable', reason: 'Nobody knows it.' }) });
    const size = lastSize('FROM company/base\nRUN apt-get install -y curl\n', {}, facts);
    assert.match(size.reason, /`dockerfileLayers.images`/);
  });

  it('is unknown for an upgrade, which hangs on the age of the base image', () => {
    assert.match(layer('RUN apt-get -y upgrade').reason, /how old the base image is/);
  });
});

describe('package lists and archives', () => {
  it('are gone when the same RUN removes them, and only then', () => {
    assert.equal(layer('RUN apt-get update').bytes, 20_000_000);
    assert.equal(layer('RUN apt-get update && rm -rf /var/lib/apt/lists/*').bytes, 0);
    assert.equal(layer('RUN apt-get update && apt-get clean').bytes, 20_000_000);
    assert.equal(layer('RUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*').bytes, 0);
  });

  it('are not in the layer below a mount', () => {
    const mount = '--mount=type=cache,target=/var/lib/apt';
    assert.equal(layer(`RUN ${mount} apt-get update`).bytes, 0);
  });

  it('leave their signatures with dist-clean, and when they are there already', () => {
    near(layer('RUN apt-get update && apt-get dist-clean'), 240_000);
    near(layer('RUN apt-get update\nRUN apt-get update'), 240_000);
    const again = 'RUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\nRUN apt-get update';
    assert.equal(layer(again).bytes, 20_000_000);
  });

  it('stay in the layer when the image may keep archives, unless a mount takes them', () => {
    const keep = 'rm -f /etc/apt/apt.conf.d/docker-clean; apt-get update && apt-get install -y gcc';
    const whole = layer(`RUN ${keep}`).bytes ?? 0;
    const mounted = layer(`RUN --mount=type=cache,target=/var/cache/apt ${keep}`).bytes ?? 0;
    near(computed(whole - mounted, ''), 600_000 + 2 * 37_200_000);
    near(layer(`RUN ${keep} && apt-get clean`), mounted);
  });
});

describe('packages that the same RUN removes again', () => {
  it('leave about a megabyte', () => {
    const size = layer('RUN apt-get install -y gcc && apt-get purge -y --auto-remove gcc');
    near(size, fixed + first, 5000);
  });

  it('leave what else was asked for', () => {
    const size = layer(
      'RUN apt-get install -y --no-install-recommends gcc curl && apt-get purge -y --auto-remove gcc',
    );
    const alone = layer('RUN apt-get install -y --no-install-recommends curl').bytes ?? 0;
    near(size, alone, 5000);
  });

  it('leave what they needed without --auto-remove', () => {
    const size = layer('RUN apt-get install -y gcc && apt-get purge -y gcc');
    near(size, 50_000_000 + fixed + first + 2600);
  });

  it('go by the marks that apt-mark saves and puts back', () => {
    const size = layer(`RUN set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get update; \\
  apt-get install -y gcc; apt-mark auto '.*' > /dev/null; \\
  [ -z "$savedAptMark" ] || apt-mark manual $savedAptMark; \\
  apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false; rm -rf /var/lib/apt/lists/*`);
    near(size, fixed + first, 8000);
    assert.equal(size.atLeast, false);
  });

  it('leave an unknown rest where libraries are kept that ldd finds', () => {
    const size =
      layer(`RUN set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get install -y gcc; \\
  apt-mark auto '.*' > /dev/null; apt-mark manual $savedAptMark; \\
  find /usr/local -type f -exec ldd '{}' ';' | sort -u | xargs -r dpkg-query --search | xargs -r apt-mark manual; \\
  apt-get purge -y --auto-remove`);
    assert.equal(size.atLeast, true);
    assert.match(size.reason, /[Ll]ibraries/);
  });

  it('win nothing back in a later RUN', () => {
    const size = layer('RUN apt-get install -y gcc\nRUN apt-get purge -y --auto-remove gcc');
    near(size, fixed, 5000);
  });

  it('take documentation along that is removed by folder', () => {
    const plain = (rest: string) =>
      layer(`RUN apt-get install -y --no-install-recommends curl${rest}`, { slim: false }).bytes ??
      0;
    const folders = 'doc man locale info'.split(' ').map((name) => `/usr/share/${name}`);
    const won = plain('') - plain(` && rm -rf ${folders.join(' ')}`);
    near(computed(won, ''), 500_000);
  });
});
