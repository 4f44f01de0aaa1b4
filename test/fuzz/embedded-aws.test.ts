import { fuzzAll } from './fuzz-all.ts';
import { EMBEDDED_AWS } from './parsers.ts';

fuzzAll(EMBEDDED_AWS);
