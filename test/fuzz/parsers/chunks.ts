import { AwsError } from '../../../lib/local/aws.ts';
import { unchunk } from '../../../lib/local/gateway/aws-chunked.ts';
import { type FuzzedParser, must } from '../fuzz.ts';

const SIZES = ['5', '05', '5;chunk-signature=0'];
const NO_SIZES = ['6', '4', '', '-5', '0x5', '5zz', 'ffffffffffff', 'fffffffffffffffff', '1e3', ' 5'];
const ENDS = ['\r\n', '\n', '', '\r', 'XX'];

interface Case {
  readonly encoded: Buffer;
  /** Whether every chunk has the size that it says, in the notation of sizes. */
  readonly sized: boolean;
}

export const chunks: FuzzedParser<Case> = {
  name: 'bodies in chunks',
  file: 'local/gateway/aws-chunked.ts',
  verdicts: ['accepted', 'IncompleteBody'],
  draw(choices) {
    // One kind of spoiling at a time: a lost line end may make a wrong size part of the line before it.
    const spoilsEnds = choices.oneIn(2);
    const end = () => (spoilsEnds && choices.oneIn(8) ? choices.pick(ENDS) : '\r\n');
    let text = '';
    let sized = true;
    for (let left = choices.below(4); left > 0; left -= 1) {
      const right = spoilsEnds || !choices.oneIn(6);
      if (!right) sized = false;
      text += `${choices.pick(right ? SIZES : NO_SIZES)}${end()}abcde${end()}`;
    }
    text += `0${end()}${choices.oneIn(2) ? 'x-amz-checksum-crc32: AAAA==\r\n__proto__: a\r\n' : ''}\r\n`;
    return { encoded: Buffer.from(choices.oneIn(8) ? text.slice(0, choices.below(text.length)) : text), sized };
  },
  read({ encoded, sized }) {
    try {
      const { body, trailers } = unchunk(encoded);
      must(sized, 'a chunk without a right size is refused');
      must(/^(abcde)*$/.test(body.toString('latin1')), 'a body is what its chunks say, nothing of what is between them');
      must(
        Object.values(trailers).every((value) => typeof value === 'string'),
        'trailers are texts',
      );
      return 'accepted';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return error.code;
    }
  },
};
