// Masks painted on a picture: a part of the annotator that is loaded when a task needs it.

import { type MakeTool } from '../tool';
import { Brush } from './brush';

const make: MakeTool = host => new Brush(host);

export default make;
