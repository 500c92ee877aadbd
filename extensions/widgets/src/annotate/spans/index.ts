// Stretches of a text, and what holds between them: a part of the annotator that is loaded when a task needs it.

import { type MakeTool } from '../tool';
import { Relations } from './relations';
import { Spans } from './spans';

const make: MakeTool = host =>
  host.setup.tool === 'relations' ? new Relations(host) : new Spans(host, host.setup.classes);

export default make;
