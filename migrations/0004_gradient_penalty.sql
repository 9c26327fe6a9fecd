ALTER TABLE "krr_result" ADD COLUMN "gradient_penalty" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "gradient_mean_square" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "length_scale_effective" double precision;