import { fuzzAll } from './fuzz-all.ts';
import { MESSAGE_PATH } from './parsers.ts';

fuzzAll(MESSAGE_PATH);
