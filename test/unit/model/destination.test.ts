import assert from 'node:assert/strict';
import { destinations } from '../../../server/src/model/destination.ts';
import { planOf } from '../../support/plans.ts';

/** Of the last COPY: is its destination a folder? */
function last(text: string): boolean | null | undefined {
  return [...destinations(planOf(text)).values()].at(-1);
}

describe('the destination of a COPY is a folder', () => {
  const folder = (title: string, text: string) => it(title, () => assert.equal(last(text), true));

  folder('when it ends in a slash', 'FROM a\nCOPY x y /d/');
  folder('when it is the working directory', 'FROM a\nWORKDIR /app\nCOPY x y .');
  folder('when a WORKDIR named it, or something below it', 'FROM a\nWORKDIR /app/b\nCOPY x y /app');
  folder('when an earlier COPY put something into it', 'FROM a\nCOPY x /d/x\nCOPY x y /d');
  folder(
    'when a stage below made it',
    'FROM a AS b\nWORKDIR /app\nFROM b\nRUN make\nCOPY x y /app',
  );

  it('or not, on an empty image', () => {
    assert.equal(last('FROM scratch\nENV a=b\nCOPY x y /d'), false);
  });

  it('or not known, where the base image, a RUN or a copied folder could tell', () => {
    assert.equal(last('FROM a\nCOPY x y /d'), null);
    assert.equal(last('FROM scratch\nRUN ["x"]\nCOPY x y /d'), null);
    assert.equal(last('FROM scratch\nCOPY rootfs /\nCOPY x y /d'), null);
    assert.equal(last('FROM a\nWORKDIR /app\nRUN rm -rf /app\nCOPY x y /app'), null);
  });

  it('of a stage is not changed by what stages on top of it do', () => {
    const text = 'FROM a AS b\nFROM b\nWORKDIR /app\nFROM b\nCOPY x y /app';
    assert.equal(last(text), null);
  });
});
