// Boxes, polygons and points on a picture: a part of the annotator that is loaded when a task needs it.

import { type MakeTool } from '../tool';
import { Points } from './points';
import { Shapes } from './shapes';

const make: MakeTool = host => (host.setup.tool === 'points' ? new Points(host) : new Shapes(host));

export default make;
