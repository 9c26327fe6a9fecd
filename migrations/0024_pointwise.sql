ALTER TABLE "krr_result" ADD COLUMN "conformal_hessian_power" double precision;--> statement-breakpoint
ALTER TABLE "krr_result" ADD COLUMN "conformal_hessian_false" double precision;