import { AwsError } from '../../../lib/local/aws.ts';
import { unchunk } from '../../../lib/local/gateway/aws-chunked.ts';
import { type FuzzedParser, must } from '../fuzz.ts';

const SIZES = ['5', '05', '5;chunk-signature=0', '6', '4', '', '-5', '0x5', '5zz', 'ffffffffffff', 'fffffffffffffffff', '1e3', ' 5'];
const ENDS = ['\r\n', '\n', '', '\r', 'XX'];

export const chunks: FuzzedParser<Buffer> = {
  name: 'bodies in chunks',
  file: 'local/gateway/aws-chunked.ts',
  verdicts: ['accepted', 'IncompleteBody'],
  draw(choices) {
    const end = () => (choices.oneIn(8) ? choices.pick(ENDS) : '\r\n');
    let text = '';
    for (let left = choices.below(4); left > 0; left -= 1) text += `${choices.oneIn(4) ? choices.pick(SIZES) : '5'}${end()}abcde${end()}`;
    text += `0${end()}${choices.oneIn(2) ? 'x-amz-checksum-crc32: AAAA==\r\n__proto__: a\r\n' : ''}\r\n`;
    return Buffer.from(choices.oneIn(8) ? text.slice(0, choices.below(text.length)) : text);
  },
  read(encoded) {
    try {
      const { body, trailers } = unchunk(encoded);
      must(body.length < encoded.length, 'a body is shorter than its chunks');
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
