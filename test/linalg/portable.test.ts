// The portable provider sits the exam everywhere.
import { createPortable } from "../../worker/linalg/portable.ts";
import { examineLinalg } from "../contract/linalg.ts";

examineLinalg("portable", createPortable);
