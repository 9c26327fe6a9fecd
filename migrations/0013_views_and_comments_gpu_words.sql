COMMENT ON COLUMN "worker"."gpus" IS 'its GPUs: name, memoryBytes, usedBytes, utilisation in [0, 1]; capability: compute capability, such as 9.0; breakEven: by order, from how many ridges on one eigendecomposition is cheaper than a factor for each, as doctor measured; the last two absent where unknown';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."priority" IS 'each step up doubles the share of the workers that the study gets beside others; 0 at first';
--> statement-breakpoint
COMMENT ON COLUMN "study"."priority" IS 'each step up doubles the share of the workers that the study gets beside others; 0 at first';
