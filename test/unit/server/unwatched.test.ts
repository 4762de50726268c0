import assert from 'node:assert/strict';
import { createUnwatched } from '../../../server/src/server/unwatched.ts';

describe('contexts that are looked at again when something is asked', () => {
  const looks = (context: string | null, moments: readonly number[]) => {
    let time = 0;
    const looked: number[] = [];
    const unwatched = createUnwatched(
      () => ['/workspace'],
      () => looked.push(time),
      () => time,
    );
    for (const moment of moments) {
      time = moment;
      unwatched.asked('file:///workspace/Dockerfile', context);
    }
    return looked;
  };

  it('are those that nobody watches, every two seconds', () => {
    assert.deepEqual(
      looks('/elsewhere', [0, 1999, 2000, 3000, 4500, 50_000]),
      [2000, 4500, 50_000],
    );
  });

  it('are those in the workspace twice a minute, as watchers lose events', () => {
    assert.deepEqual(
      looks('/workspace/app', [0, 2000, 29_999, 30_000, 59_000, 61_000]),
      [30_000, 61_000],
    );
  });

  it('are none where none is known', () => {
    assert.deepEqual(looks(null, [0, 100_000]), []);
  });
});
