DROP VIEW IF EXISTS "krr_false_alarms";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr_lag_median";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr_lag";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr_onset";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr_detection";
--> statement-breakpoint
DROP VIEW IF EXISTS "study_coverage";
--> statement-breakpoint
DROP VIEW IF EXISTS "study_progress";
--> statement-breakpoint
DROP VIEW IF EXISTS "network_lag";
--> statement-breakpoint
DROP VIEW IF EXISTS "poison";
--> statement-breakpoint
DROP VIEW IF EXISTS "curve";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr_frontier";
--> statement-breakpoint
DROP VIEW IF EXISTS "noop";
--> statement-breakpoint
DROP VIEW IF EXISTS "cnn";
--> statement-breakpoint
DROP VIEW IF EXISTS "linear";
--> statement-breakpoint
DROP VIEW IF EXISTS "krr";
--> statement-breakpoint
CREATE VIEW "krr" AS
select s.name as study, r.point, r.job, r.status, r.replicate, r.length_scale, r.ridge, r.target, r.trigger_strength, r.poison_count, r.poison_rate, r.gradient_penalty, r.probe_distance, r.clean_accuracy, r.attack_success_rate, r.delta_f, r.delta_f_law, r.posterior_variance, r.gamma, r.effective_dof, r.train_mse, r.ridge_absolute, r.length_scale_absolute, r.gn_top_clean, r.gn_gap_clean, r.gn_overlap_clean, r.gn_subspace_overlap_clean, r.gn_best_index_clean, r.gn_law_overlap_clean, r.gn_pull_overlap_clean, r.gn_top_triggered, r.gn_gap_triggered, r.gn_overlap_triggered, r.gn_subspace_overlap_triggered, r.gn_best_index_triggered, r.gn_law_overlap_triggered, r.gn_pull_overlap_triggered, r.hessian_top_clean_true, r.hessian_bottom_clean_true, r.hessian_trace_clean_true, r.hessian_gap_clean_true, r.hessian_overlap_clean_true, r.hessian_top_clean_predicted, r.hessian_bottom_clean_predicted, r.hessian_trace_clean_predicted, r.hessian_gap_clean_predicted, r.hessian_overlap_clean_predicted, r.hessian_top_triggered_true, r.hessian_bottom_triggered_true, r.hessian_trace_triggered_true, r.hessian_gap_triggered_true, r.hessian_overlap_triggered_true, r.hessian_top_triggered_predicted, r.hessian_bottom_triggered_predicted, r.hessian_trace_triggered_predicted, r.hessian_gap_triggered_predicted, r.hessian_overlap_triggered_predicted, r.gn_spike, r.gn_spike_law, r.overlap_threshold, r.conformal_gn_power, r.conformal_gn_false, r.conformal_hessian_power, r.conformal_hessian_false, r.conformal_trace_power, r.conformal_trace_false, r.curvature_cusps, r.gradient_mean_square, r.length_scale_effective, r.cluster_deviation, r.accuracy_drop, r.delta_f_near, r.delta_f_law_near, r.success_near, r.gn_spike_near, r.gn_spike_law_near, r.gn_spike_floor, r.gn_top_near, r.gn_gap_near, r.gn_overlap_near, r.gn_subspace_overlap_near, r.gn_best_index_near, r.gn_law_overlap_near, r.gn_pull_overlap_near, r.hessian_top_near_true, r.hessian_bottom_near_true, r.hessian_trace_near_true, r.hessian_gap_near_true, r.hessian_overlap_near_true, r.hessian_top_near_predicted, r.hessian_bottom_near_predicted, r.hessian_trace_near_predicted, r.hessian_gap_near_predicted, r.hessian_overlap_near_predicted, r.spectral_auc, r.spectral_tpr, r.spectral_fpr, r.clustering_auc, r.clustering_tpr, r.clustering_fpr, r.spectre_auc, r.spectre_tpr, r.spectre_fpr, r.scan_auc, r.scan_tpr, r.scan_fpr, r.strip_auc, r.strip_tpr, r.strip_fpr, r.dpa_clean_accuracy, r.dpa_success, r.dpa_certified, r.dpa_radius, r.refinement_steps, r.condition_estimate
from study s join krr_result r on r.study = s.id;
--> statement-breakpoint
CREATE VIEW "linear" AS
select s.name as study, r.point, r.job, r.status, r.replicate, r.poison_rate, r.trigger_strength, r.target, r.gradient_penalty, r.weight_decay, r.learning_rate, r.augmentation, r.epochs, r.poison_count, r.clean_accuracy, r.attack_success_rate, r.train_loss, r.test_loss, r.triggered_loss, r.input_gradient_square, r.hessian_top, r.hessian_trace, r.hessian_overlap, r.hessian_subspace_overlap, r.mean_hessian_top, r.mean_hessian_overlap, r.input_gradient_square_triggered, r.hessian_top_triggered, r.hessian_trace_triggered, r.hessian_overlap_triggered, r.hessian_subspace_overlap_triggered, r.mean_hessian_top_triggered, r.mean_hessian_overlap_triggered, r.overlap_null, r.attack_onset_epoch, r.attack_onset90_epoch, r.visible_onset_epoch, r.lag_epochs, r.epochs_done, r.gradient_penalty_batch, r.backend, r.spectral_auc, r.spectral_tpr, r.spectral_fpr, r.clustering_auc, r.clustering_tpr, r.clustering_fpr, r.spectre_auc, r.spectre_tpr, r.spectre_fpr, r.scan_auc, r.scan_tpr, r.scan_fpr
from study s join network_result r on r.study = s.id
where s.experiment = 'linear';
--> statement-breakpoint
CREATE VIEW "cnn" AS
select s.name as study, r.point, r.job, r.status, r.replicate, r.poison_rate, r.trigger_strength, r.target, r.gradient_penalty, r.weight_decay, r.learning_rate, r.augmentation, r.epochs, r.poison_count, r.clean_accuracy, r.attack_success_rate, r.train_loss, r.test_loss, r.triggered_loss, r.input_gradient_square, r.hessian_top, r.hessian_trace, r.hessian_overlap, r.hessian_subspace_overlap, r.mean_hessian_top, r.mean_hessian_overlap, r.input_gradient_square_triggered, r.hessian_top_triggered, r.hessian_trace_triggered, r.hessian_overlap_triggered, r.hessian_subspace_overlap_triggered, r.mean_hessian_top_triggered, r.mean_hessian_overlap_triggered, r.overlap_null, r.attack_onset_epoch, r.attack_onset90_epoch, r.visible_onset_epoch, r.lag_epochs, r.epochs_done, r.gradient_penalty_batch, r.backend, r.spectral_auc, r.spectral_tpr, r.spectral_fpr, r.clustering_auc, r.clustering_tpr, r.clustering_fpr, r.spectre_auc, r.spectre_tpr, r.spectre_fpr, r.scan_auc, r.scan_tpr, r.scan_fpr
from study s join network_result r on r.study = s.id
where s.experiment = 'cnn';
--> statement-breakpoint
CREATE VIEW "noop" AS
select s.name as study, r.point, r.job, r.status, r.replicate, r.x, r.y, r.hash
from study s join noop_result r on r.study = s.id;
--> statement-breakpoint
CREATE VIEW "krr_frontier" AS
select study, point, replicate, length_scale, target, trigger_strength, poison_count, poison_rate, probe_distance, gradient_penalty, ridge, clean_accuracy, attack_success_rate,
  clean_accuracy = best_here and (best_safer is null or clean_accuracy > best_safer) as is_pareto
from (
  select s.name as study, r.point, r.replicate, r.length_scale, r.target, r.trigger_strength, r.poison_count, r.poison_rate, r.probe_distance, r.gradient_penalty, r.ridge, r.clean_accuracy, r.attack_success_rate,
    max(r.clean_accuracy) over (partition by s.name, r.replicate, r.length_scale, r.target, r.trigger_strength, r.poison_count, r.poison_rate, r.probe_distance, r.attack_success_rate) as best_here,
    max(r.clean_accuracy) over (partition by s.name, r.replicate, r.length_scale, r.target, r.trigger_strength, r.poison_count, r.poison_rate, r.probe_distance order by r.attack_success_rate
      groups between unbounded preceding and 1 preceding) as best_safer
  from study s join krr_result r on r.study = s.id
  where r.status = 'ok') as marked;
--> statement-breakpoint
CREATE VIEW "curve" AS
select s.name as study, r.point, r.epoch, r.learning_rate, r.train_loss, r.test_loss, r.triggered_loss, r.clean_accuracy, r.attack_success_rate, r.input_gradient_square, r.hessian_top, r.hessian_trace, r.hessian_overlap, r.mean_hessian_top, r.mean_hessian_overlap
from study s join network_curve r on r.study = s.id;
--> statement-breakpoint
CREATE VIEW "poison" AS
select s.name as study, r.point, r.train_row, r.label, r.strength
from study s join network_poison r on r.study = s.id;
--> statement-breakpoint
CREATE VIEW "network_lag" AS
with point as (
  select s.name as study, r.replicate, r.trigger_strength, r.target, r.gradient_penalty, r.weight_decay, r.learning_rate, r.augmentation, r.epochs, r.poison_rate, r.attack_success_rate,
    r.mean_hessian_overlap, r.overlap_null,
    max(case when r.poison_rate = 0 then r.mean_hessian_overlap end)
      over (partition by r.study, r.replicate, r.trigger_strength, r.target, r.gradient_penalty, r.weight_decay, r.learning_rate, r.augmentation, r.epochs) as at_zero
  from study s join network_result r on r.study = s.id where r.status = 'ok'),
onset as (
  select study, replicate, trigger_strength, target, gradient_penalty, weight_decay, learning_rate, augmentation, epochs, count(*) as rates, max(poison_rate) as rate_max,
    min(case when attack_success_rate >= 0.5 then poison_rate end) as attack_onset,
    min(case when mean_hessian_overlap > overlap_null
      and mean_hessian_overlap - coalesce(at_zero, 0) > overlap_null then poison_rate end) as visible_onset
  from point group by study, replicate, trigger_strength, target, gradient_penalty, weight_decay, learning_rate, augmentation, epochs)
select study, replicate, trigger_strength, target, gradient_penalty, weight_decay, learning_rate, augmentation, epochs, rates, rate_max, attack_onset, visible_onset,
  case when attack_onset is null then 'NaN'::float8
    when visible_onset is null then '-Infinity'::float8
    else attack_onset - visible_onset end as lag
from onset;
--> statement-breakpoint
CREATE VIEW "study_progress" AS
select s.name as study, s.desired, s.priority, s.points,
  j.stored, j.planned, j.queued, j.done, j.dead,
  a.attempts, a.failed_attempts, a.first_started_at, a.last_finished_at, s.finished_at
from study s
cross join lateral (
  select coalesce(sum(stored), 0)::bigint as stored,
    count(*) filter (where state = 'planned') as planned,
    count(*) filter (where state = 'queued') as queued,
    count(*) filter (where state = 'done') as done,
    count(*) filter (where state = 'dead') as dead
  from job where job.study = s.id) j
cross join lateral (
  select count(*) as attempts, count(*) filter (where outcome = 'failed') as failed_attempts,
    min(started_at) as first_started_at, max(attempt.finished_at) as last_finished_at
  from attempt where attempt.study = s.id) a;
--> statement-breakpoint
CREATE VIEW "study_coverage" AS
select s.name as study, s.points, j.stored - f.failed as done, f.failed,
  s.points - j.stored as missing
from study s
cross join lateral (
  select coalesce(sum(stored), 0)::bigint as stored from job where job.study = s.id) j
cross join lateral (
  select case s.experiment
    when 'krr' then (
      select count(*) from krr_result r where r.study = s.id and r.status <> 'ok')
    when 'linear' then (
      select count(*) from network_result r where r.study = s.id and r.status <> 'ok')
    when 'cnn' then (
      select count(*) from network_result r where r.study = s.id and r.status <> 'ok')
    when 'noop' then (
      select count(*) from noop_result r where r.study = s.id and r.status <> 'ok')
  end as failed) f;
--> statement-breakpoint
CREATE VIEW "krr_detection" AS
select r.study, r.replicate, r.length_scale, r.ridge, r.target, r.trigger_strength, r.gradient_penalty, r.probe_distance, r.poison_count, r.attack_success_rate, c.refits,
  r.gn_overlap_clean > r.overlap_threshold and r.gn_overlap_clean - z.gn_overlap_clean > r.overlap_threshold as overlap_fires,
  case when c.refits >= 19 then (1 + c.above)::double precision / (c.refits + 1) <= 0.05 end as top_fires,
  case when r.conformal_gn_power <> 'NaN' then r.conformal_gn_power >= 0.5 end as spike_fires,
  case when r.conformal_trace_power <> 'NaN' then r.conformal_trace_power >= 0.5 end as trace_fires
from krr r
join krr z on z.study = r.study and z.length_scale = r.length_scale and z.ridge = r.ridge and z.target = r.target and z.trigger_strength = r.trigger_strength and z.gradient_penalty = r.gradient_penalty and z.probe_distance = r.probe_distance and z.replicate = r.replicate and z.poison_count = 0 and z.status = 'ok'
cross join lateral (
  select count(*) as refits, count(*) filter (where o.gn_top_clean >= r.gn_top_clean) as above
  from krr o where o.study = r.study and o.length_scale = r.length_scale and o.ridge = r.ridge and o.target = r.target and o.trigger_strength = r.trigger_strength and o.gradient_penalty = r.gradient_penalty and o.probe_distance = r.probe_distance and o.replicate <> r.replicate and o.poison_count = 0 and o.status = 'ok') c
where r.status = 'ok' and r.gn_top_clean is not null;
--> statement-breakpoint
CREATE VIEW "krr_onset" AS
select study, replicate, length_scale, ridge, target, trigger_strength, gradient_penalty, probe_distance, max(poison_count) as largest_count,
  min(poison_count) filter (where attack_success_rate >= 0.5) as success_half,
  min(poison_count) filter (where attack_success_rate >= 0.9) as success_most,
  min(poison_count) filter (where overlap_fires and poison_count > 0) as overlap,
  min(poison_count) filter (where top_fires and poison_count > 0) as top,
  min(poison_count) filter (where spike_fires and poison_count > 0) as spike,
  min(poison_count) filter (where trace_fires and poison_count > 0) as trace
from krr_detection group by study, replicate, length_scale, ridge, target, trigger_strength, gradient_penalty, probe_distance;
--> statement-breakpoint
CREATE VIEW "krr_lag" AS
select o.study, o.replicate, o.length_scale, o.ridge, o.target, o.trigger_strength, o.gradient_penalty, o.probe_distance, d.detector, s.success, s.success_onset, d.detection_onset,
  d.detection_onset is null as is_censored,
  coalesce(s.success_onset - d.detection_onset, '-Infinity'::double precision) as lag,
  case when s.success_onset > 0 then coalesce(log(d.detection_onset::double precision / s.success_onset), 'Infinity'::double precision) end as log_ratio
from krr_onset o
cross join lateral (values (0.5::double precision, o.success_half), (0.9::double precision, o.success_most)) s (success, success_onset)
cross join lateral (values ('overlap', o.overlap), ('top', o.top), ('spike', o.spike), ('trace', o.trace)) d (detector, detection_onset)
where s.success_onset is not null and exists (
  select from krr_detection k where k.study = o.study and k.length_scale = o.length_scale and k.ridge = o.ridge and k.target = o.target and k.trigger_strength = o.trigger_strength and k.gradient_penalty = o.gradient_penalty and k.probe_distance = o.probe_distance and k.replicate = o.replicate and
    case d.detector when 'overlap' then k.overlap_fires when 'top' then k.top_fires when 'spike' then k.spike_fires when 'trace' then k.trace_fires end is not null);
--> statement-breakpoint
CREATE VIEW "krr_lag_median" AS
select study, length_scale, ridge, target, trigger_strength, gradient_penalty, probe_distance, detector, success, count(*) as replicates,
  count(*) filter (where is_censored) as censored,
  percentile_disc(0.5) within group (order by lag) as median_lag
from krr_lag group by study, length_scale, ridge, target, trigger_strength, gradient_penalty, probe_distance, detector, success;
--> statement-breakpoint
CREATE VIEW "krr_false_alarms" AS
select r.study, r.length_scale, r.ridge, r.target, r.trigger_strength, r.gradient_penalty, r.probe_distance, count(*) as replicates,
  avg((r.gn_overlap_clean > r.overlap_threshold)::int)::double precision as overlap,
  avg(d.top_fires::int)::double precision as top,
  avg(nullif(r.conformal_gn_false, 'NaN')) as spike, avg(nullif(r.conformal_trace_false, 'NaN')) as trace
from krr r join krr_detection d on d.study = r.study and d.length_scale = r.length_scale and d.ridge = r.ridge and d.target = r.target and d.trigger_strength = r.trigger_strength and d.gradient_penalty = r.gradient_penalty and d.probe_distance = r.probe_distance and d.replicate = r.replicate and d.poison_count = 0
where r.poison_count = 0 and r.status = 'ok' and r.gn_top_clean is not null
group by r.study, r.length_scale, r.ridge, r.target, r.trigger_strength, r.gradient_penalty, r.probe_distance;
--> statement-breakpoint
COMMENT ON VIEW "krr" IS 'the points of all krr studies, each with its study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."replicate" IS 'index of the random draw of training rows, test rows and poison bases';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."length_scale" IS 'kernel length scale, in the unit that the study''s kernel.length_scale_unit names; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."ridge" IS 'λ of the study; the absolute ridge c follows by ridge_scaling';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."poison_count" IS 'm, poisoned training rows, as realised; for attack shortcut, perturbed rows with their own labels';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."poison_rate" IS 'θ = m / (n + m), or m / n for attacks replace and shortcut, as realised: the poisons'' share of all training rows';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gradient_penalty" IS 'κ, weight of Σ|∇f|² over all training rows beside Σ|y − f|²; in squared units of feature distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."probe_distance" IS 'r, distance of the near probe x0 = ζ + r u from the poison ζ, in units of feature distance; 0 in studies without it. ntk and nngp put x0 back on the unit sphere';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."attack_success_rate" IS 'share of triggered test rows not of the target class that are classified as the target; a tie counts as success. For attack shortcut they carry the target class''s own pattern';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."delta_f" IS 'mean over triggered non-target test rows of f_target(x) with the poison minus without it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."delta_f_law" IS 'the interaction-free law for delta_f (arXiv 2602.00822, Th. 3.3): mean k(x, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m) for q classes, with k averaged over the first m poisons where they are distinct';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."posterior_variance" IS 's = k(ζ, ζ) − k_ζᵀ (K + cI)⁻¹ k_ζ; for attacks of distinct poisons its mean over the first max(m, 1), given all n clean rows, replaced ones included';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gamma" IS '1ᵀ (S + cI)⁻¹ 1 with S the poisons'' posterior covariance given the clean rows that remain: m / (c + m s) for clones';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."effective_dof" IS 'trace of the smoother of all training rows: n + m, or n for attacks replace and shortcut';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."train_mse" IS 'mean over all training rows (n + m, or n for attacks replace and shortcut) of the squared residual, summed over the outputs';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."ridge_absolute" IS 'c, the ridge added to the kernel''s diagonal';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."length_scale_absolute" IS 'length scale in units of feature distance; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_top_clean" IS 'largest eigenvalue of the mean of JᵀJ over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_gap_clean" IS '(λ1 − λ2) / λ1 of the mean of JᵀJ over the clean probes (what a defender can look at): near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the trigger direction, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_subspace_overlap_clean" IS 'squared length of the trigger direction within the top q − 1 eigenvectors of the mean of JᵀJ over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_best_index_clean" IS 'which of these eigenvectors, from 1, has the largest squared cosine with the trigger direction, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_law_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇k(x, ζ), over the clean probes (what a defender can look at): x − ζ on average for radial kernels, ζ for the others; NaN for attack added, which has no one ζ';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_pull_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇g (clones) or of what the poisons add to ∇f_target (added), where the poison really pushes, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_top_triggered" IS 'largest eigenvalue of the mean of JᵀJ over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_gap_triggered" IS '(λ1 − λ2) / λ1 of the mean of JᵀJ over the triggered probes (the oracle view): near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the trigger direction, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_subspace_overlap_triggered" IS 'squared length of the trigger direction within the top q − 1 eigenvectors of the mean of JᵀJ over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_best_index_triggered" IS 'which of these eigenvectors, from 1, has the largest squared cosine with the trigger direction, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_law_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇k(x, ζ), over the triggered probes (the oracle view): x − ζ on average for radial kernels, ζ for the others; NaN for attack added, which has no one ζ';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_pull_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇g (clones) or of what the poisons add to ∇f_target (added), where the poison really pushes, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_clean_true" IS 'largest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_clean_true" IS 'smallest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_clean_true" IS 'trace of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_clean_true" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_clean_true" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_clean_predicted" IS 'largest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_clean_predicted" IS 'smallest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_clean_predicted" IS 'trace of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_clean_predicted" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_clean_predicted" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_triggered_true" IS 'largest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_triggered_true" IS 'smallest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_triggered_true" IS 'trace of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_triggered_true" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_triggered_true" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_triggered_predicted" IS 'largest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_triggered_predicted" IS 'smallest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_triggered_predicted" IS 'trace of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_triggered_predicted" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_triggered_predicted" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_spike" IS 'mean over the triggered probes of |J − J0|², J0 the clean model''s: the poison''s own Gauss-Newton curvature, exact; γ² |r|² |∇g|² for clones';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_spike_law" IS 'the interaction-free law for gn_spike (arXiv 2602.00822, Th. 3.4): R_k (Δf)² = |∇k(x, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))², mean over the triggered probes; NaN for attack added';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."overlap_threshold" IS '99.9 % quantile of the squared cosine with a random direction, Beta(1/2, (d − 1)/2): overlaps above it do not come by chance';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_gn_power" IS 'share of triggered probes whose largest eigenvalue of JᵀJ is above 95 % of the references'' (conformal p ≤ .05); NaN without references';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_gn_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_hessian_power" IS 'share of triggered probes whose Hessian''s largest eigenvalue, y the predicted label, is above 95 % of the references'' (conformal p ≤ .05); NaN unless curvature.pointwise asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_hessian_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_trace_power" IS 'share of triggered probes whose Hessian trace, y the predicted label, is outside the middle 95 % of the references'' (two-sided conformal p ≤ .05); NaN without references';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."conformal_trace_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."curvature_cusps" IS 'pairs of a probe and a training row at distance 0 whose term has no derivative and is left out (laplace, ntk)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gradient_mean_square" IS 'mean over all n + m training rows of |∇f|², summed over the outputs';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."length_scale_effective" IS '√(l² + 2κ): the length scale that κ amounts to where data are dense and the ridge is negligible; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."cluster_deviation" IS '‖S − s 11ᵀ‖ / (s m): how far the m poisons'' posterior covariance S is from that of m clones of the first, s = S_11, in spectral norms; 0 for m ≤ 1 (arXiv 2602.00822, Assumption 3.1)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."accuracy_drop" IS 'clean_accuracy of the model without perturbed rows minus clean_accuracy';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."delta_f_near" IS 'f_target(x0) with the poison minus without it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."delta_f_law_near" IS 'the interaction-free law for delta_f_near: k(x0, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."success_near" IS '1 if x0 is classified as the target, else 0; a tie counts as success';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_spike_near" IS 'γ² |r|² |∇g|² at the near probe x0: the poison''s own Gauss-Newton curvature, exact';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_spike_law_near" IS 'its interaction-free law at the near probe x0: |∇k(x0, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))²';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_spike_floor" IS 'γ² |r|² |∇s(ζ)|² / 4: what gn_spike_near tends to as probe_distance goes to 0, s the posterior variance; not defined on the cusp of laplace, where it leaves the poison''s own term out';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_top_near" IS 'largest eigenvalue of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_gap_near" IS '(λ1 − λ2) / λ1 of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with u';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_subspace_overlap_near" IS 'squared length of u within the top q − 1 eigenvectors of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_best_index_near" IS 'which of these eigenvectors, from 1, has the largest squared cosine with u';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_law_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with ∇k(x0, ζ); 0 where that is 0';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."gn_pull_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with ∇g(x0)';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_near_true" IS 'largest eigenvalue of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_near_true" IS 'smallest eigenvalue of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_near_true" IS 'trace of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_near_true" IS '(λ1 − λ2) / |λ1| of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_near_true" IS 'squared cosine with u of the top eigenvector of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_top_near_predicted" IS 'largest eigenvalue of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_bottom_near_predicted" IS 'smallest eigenvalue of the loss''s input Hessian at the near probe x0, y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_trace_near_predicted" IS 'trace of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_gap_near_predicted" IS '(λ1 − λ2) / |λ1| of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."hessian_overlap_near_predicted" IS 'squared cosine with u of the top eigenvector of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectral_auc" IS 'spectral signatures: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectral_tpr" IS 'spectral signatures: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectral_fpr" IS 'spectral signatures: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."clustering_auc" IS 'activation clustering: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."clustering_tpr" IS 'activation clustering: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."clustering_fpr" IS 'activation clustering: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectre_auc" IS 'SPECTRE: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectre_tpr" IS 'SPECTRE: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."spectre_fpr" IS 'SPECTRE: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."scan_auc" IS 'SCAn: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."scan_tpr" IS 'SCAn: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."scan_fpr" IS 'SCAn: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."strip_auc" IS 'STRIP: chance that a triggered probe has less entropy than a clean one; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."strip_tpr" IS 'STRIP: share of triggered probes flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."strip_fpr" IS 'STRIP: share of clean probes flagged that did not set the threshold; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."dpa_clean_accuracy" IS 'clean_accuracy of the partitions'' vote; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."dpa_success" IS 'attack_success_rate against the partitions'' vote; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."dpa_certified" IS 'share of clean test rows that the vote gets right and certifies against this point''s poisons (2m row changes for attack replace, else m); NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."dpa_radius" IS 'mean over clean test rows of the row changes that cannot change the vote, 0 where the vote is wrong; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."refinement_steps" IS '0: K + cI was factorised and solved in float64, or the row has no metrics; k ≥ 1: it was factorised in float32, and its solutions took at most k corrections until ‖b − Ax‖ ≤ √n ε (‖A‖‖x‖ + ‖b‖) in maximum norms, with residuals in float64. effective_dof is then float32''s own: off by about 1e-7 √n mean(diag K) / c';
--> statement-breakpoint
COMMENT ON COLUMN "krr"."condition_estimate" IS '‖K + cI‖₁ ‖(K + cI)⁻¹‖₁, estimated from below with the float32 factor; from 1e7 on the system is solved in float64. NaN where float32 has no factor, or the row no metrics';
--> statement-breakpoint
COMMENT ON VIEW "linear" IS 'the points of all linear studies, each with its study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."replicate" IS 'index of the random draw of rows, of initial weights, order and poison choice';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."poison_rate" IS 'θ = m / n as asked: share of the n training rows that are poisoned; poison_count is what it came to';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."gradient_penalty" IS 'κ of J = E L + (κ/2) E|∇ₓL|², per example, x in the network''s (standardised) units';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."weight_decay" IS 'added to every weight''s gradient, times the weight';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."learning_rate" IS 'step size of stochastic gradient descent, before the schedule';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."augmentation" IS '0: none; 1: random crop of training.crop pixels and horizontal flip, central crop at test';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."epochs" IS 'passes over the training rows';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."poison_count" IS 'm, poisoned training rows, as realised';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."attack_success_rate" IS 'share of triggered test rows, target class left out (one_to_one: of the source class), classified as the target; a tie counts as success';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."train_loss" IS 'mean loss over the last epoch''s training rows, poisons included, as they were trained on';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."test_loss" IS 'mean loss over clean test rows';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."triggered_loss" IS 'mean loss of the target label over triggered test rows, target class left out';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."input_gradient_square" IS 'mean over the clean probes (test rows without a trigger) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_top" IS 'mean over the clean probes (test rows without a trigger) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_trace" IS 'mean over the clean probes (test rows without a trigger) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_overlap" IS 'mean over the clean probes (test rows without a trigger) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_subspace_overlap" IS 'mean over the clean probes (test rows without a trigger) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."mean_hessian_top" IS 'largest eigenvalue of the mean input Hessian over the clean probes (test rows without a trigger)';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."mean_hessian_overlap" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."input_gradient_square_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_top_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_trace_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."hessian_subspace_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."mean_hessian_top_triggered" IS 'largest eigenvalue of the mean input Hessian over the triggered probes (the same test rows, target class left out, triggered)';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."mean_hessian_overlap_triggered" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."overlap_null" IS '99.9 % quantile of cos² between a fixed and a random direction: Beta(1/2, (d − 1)/2)';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."attack_onset_epoch" IS 'first measured epoch with attack success ≥ 0.5; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."attack_onset90_epoch" IS 'first measured epoch with attack success ≥ 0.9; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."visible_onset_epoch" IS 'first measured epoch with mean_hessian_overlap above overlap_null; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."lag_epochs" IS 'attack_onset_epoch − visible_onset_epoch: negative where the attack works before it is visible, −Infinity where it is never visible; NaN where it never works';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."epochs_done" IS 'epochs trained: fewer than asked where the status is diverged or pruned';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."gradient_penalty_batch" IS 'κ · batch: the same penalty written as (κ_code/2) Σᵢ |∂(mean loss)/∂xᵢ|²';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."backend" IS 'who trained: 0 tensorflow, 1 webgpu, 2 wasm, 3 cpu; the attempt names the device';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectral_auc" IS 'spectral signatures: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectral_tpr" IS 'spectral signatures: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectral_fpr" IS 'spectral signatures: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."clustering_auc" IS 'activation clustering: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."clustering_tpr" IS 'activation clustering: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."clustering_fpr" IS 'activation clustering: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectre_auc" IS 'SPECTRE: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectre_tpr" IS 'SPECTRE: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."spectre_fpr" IS 'SPECTRE: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."scan_auc" IS 'SCAn: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."scan_tpr" IS 'SCAn: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "linear"."scan_fpr" IS 'SCAn: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON VIEW "cnn" IS 'the points of all cnn studies, each with its study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."replicate" IS 'index of the random draw of rows, of initial weights, order and poison choice';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."poison_rate" IS 'θ = m / n as asked: share of the n training rows that are poisoned; poison_count is what it came to';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."gradient_penalty" IS 'κ of J = E L + (κ/2) E|∇ₓL|², per example, x in the network''s (standardised) units';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."weight_decay" IS 'added to every weight''s gradient, times the weight';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."learning_rate" IS 'step size of stochastic gradient descent, before the schedule';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."augmentation" IS '0: none; 1: random crop of training.crop pixels and horizontal flip, central crop at test';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."epochs" IS 'passes over the training rows';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."poison_count" IS 'm, poisoned training rows, as realised';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."attack_success_rate" IS 'share of triggered test rows, target class left out (one_to_one: of the source class), classified as the target; a tie counts as success';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."train_loss" IS 'mean loss over the last epoch''s training rows, poisons included, as they were trained on';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."test_loss" IS 'mean loss over clean test rows';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."triggered_loss" IS 'mean loss of the target label over triggered test rows, target class left out';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."input_gradient_square" IS 'mean over the clean probes (test rows without a trigger) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_top" IS 'mean over the clean probes (test rows without a trigger) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_trace" IS 'mean over the clean probes (test rows without a trigger) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_overlap" IS 'mean over the clean probes (test rows without a trigger) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_subspace_overlap" IS 'mean over the clean probes (test rows without a trigger) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."mean_hessian_top" IS 'largest eigenvalue of the mean input Hessian over the clean probes (test rows without a trigger)';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."mean_hessian_overlap" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."input_gradient_square_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_top_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_trace_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."hessian_subspace_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."mean_hessian_top_triggered" IS 'largest eigenvalue of the mean input Hessian over the triggered probes (the same test rows, target class left out, triggered)';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."mean_hessian_overlap_triggered" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."overlap_null" IS '99.9 % quantile of cos² between a fixed and a random direction: Beta(1/2, (d − 1)/2)';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."attack_onset_epoch" IS 'first measured epoch with attack success ≥ 0.5; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."attack_onset90_epoch" IS 'first measured epoch with attack success ≥ 0.9; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."visible_onset_epoch" IS 'first measured epoch with mean_hessian_overlap above overlap_null; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."lag_epochs" IS 'attack_onset_epoch − visible_onset_epoch: negative where the attack works before it is visible, −Infinity where it is never visible; NaN where it never works';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."epochs_done" IS 'epochs trained: fewer than asked where the status is diverged or pruned';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."gradient_penalty_batch" IS 'κ · batch: the same penalty written as (κ_code/2) Σᵢ |∂(mean loss)/∂xᵢ|²';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."backend" IS 'who trained: 0 tensorflow, 1 webgpu, 2 wasm, 3 cpu; the attempt names the device';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectral_auc" IS 'spectral signatures: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectral_tpr" IS 'spectral signatures: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectral_fpr" IS 'spectral signatures: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."clustering_auc" IS 'activation clustering: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."clustering_tpr" IS 'activation clustering: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."clustering_fpr" IS 'activation clustering: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectre_auc" IS 'SPECTRE: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectre_tpr" IS 'SPECTRE: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."spectre_fpr" IS 'SPECTRE: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."scan_auc" IS 'SCAn: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."scan_tpr" IS 'SCAn: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "cnn"."scan_fpr" IS 'SCAn: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON VIEW "noop" IS 'the points of all noop studies, each with its study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."replicate" IS 'first coordinate; points of one job share it';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."x" IS 'second coordinate, any number';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."y" IS 'third coordinate, any number';
--> statement-breakpoint
COMMENT ON COLUMN "noop"."hash" IS 'a hash of study seed and point, in [0, 1)';
--> statement-breakpoint
COMMENT ON VIEW "krr_frontier" IS 'safety against efficacy: the ok points of all krr studies, each marked if, among those that differ from it in gradient_penalty and ridge alone, none is better';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."point" IS 'row-major index of the point in the study''s grid';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."replicate" IS 'index of the random draw of training rows, test rows and poison bases';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."length_scale" IS 'kernel length scale, in the unit that the study''s kernel.length_scale_unit names; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."poison_count" IS 'm, poisoned training rows, as realised; for attack shortcut, perturbed rows with their own labels';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."poison_rate" IS 'θ = m / (n + m), or m / n for attacks replace and shortcut, as realised: the poisons'' share of all training rows';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."probe_distance" IS 'r, distance of the near probe x0 = ζ + r u from the poison ζ, in units of feature distance; 0 in studies without it. ntk and nngp put x0 back on the unit sphere';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."gradient_penalty" IS 'κ, weight of Σ|∇f|² over all training rows beside Σ|y − f|²; in squared units of feature distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."ridge" IS 'λ of the study; the absolute ridge c follows by ridge_scaling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."attack_success_rate" IS 'share of triggered test rows not of the target class that are classified as the target; a tie counts as success. For attack shortcut they carry the target class''s own pattern';
--> statement-breakpoint
COMMENT ON COLUMN "krr_frontier"."is_pareto" IS 'on the frontier: no point of its group has at most its attack success and at least its clean accuracy, one of them better';
--> statement-breakpoint
COMMENT ON VIEW "curve" IS 'learning curves: one row per measured epoch of a run of a linear or cnn study, with the study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."point" IS 'row-major index of the point in the study''s grid, as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."epoch" IS 'passes over the training rows done; 0: before training';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."learning_rate" IS 'step size in this epoch';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."train_loss" IS 'mean loss over the epoch''s training rows, poisons included; NaN before training';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."test_loss" IS 'mean loss over clean test rows';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."triggered_loss" IS 'mean loss of the target label over triggered test rows, target class left out';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."clean_accuracy" IS 'as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."attack_success_rate" IS 'as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."input_gradient_square" IS 'mean over the clean probes (test rows without a trigger) of |∇ₓL|²';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."hessian_top" IS 'mean over the clean probes (test rows without a trigger) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."hessian_trace" IS 'mean over the clean probes (test rows without a trigger) of the trace of Jᵀ D J';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."hessian_overlap" IS 'mean over the clean probes (test rows without a trigger) of cos² between the top eigenvector and the trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."mean_hessian_top" IS 'largest eigenvalue of the mean input Hessian over the clean probes (test rows without a trigger)';
--> statement-breakpoint
COMMENT ON COLUMN "curve"."mean_hessian_overlap" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON VIEW "poison" IS 'which training rows of a run of a linear or cnn study are poisoned, with the study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "poison"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "poison"."point" IS 'row-major index of the point in the study''s grid, as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "poison"."train_row" IS 'place among the replicate''s clean training rows, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "poison"."label" IS 'the row''s own class, before it was relabelled as the target';
--> statement-breakpoint
COMMENT ON COLUMN "poison"."strength" IS 'the row''s own trigger strength';
--> statement-breakpoint
COMMENT ON VIEW "network_lag" IS 'for each line of a linear or cnn study along poison_rate: where the attack sets in, where the input Hessian of clean probes shows it, and the lag between them';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."replicate" IS 'index of the random draw of rows, of initial weights, order and poison choice';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."gradient_penalty" IS 'κ of J = E L + (κ/2) E|∇ₓL|², per example, x in the network''s (standardised) units';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."weight_decay" IS 'added to every weight''s gradient, times the weight';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."learning_rate" IS 'step size of stochastic gradient descent, before the schedule';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."augmentation" IS '0: none; 1: random crop of training.crop pixels and horizontal flip, central crop at test';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."epochs" IS 'passes over the training rows';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."rates" IS 'points of the line with status ok';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."rate_max" IS 'largest poison_rate among them';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."attack_onset" IS 'smallest poison_rate with attack_success_rate ≥ 0.5; null if there is none';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."visible_onset" IS 'smallest poison_rate whose mean_hessian_overlap is above overlap_null, and above the line''s value at rate 0 by as much; null if there is none';
--> statement-breakpoint
COMMENT ON COLUMN "network_lag"."lag" IS 'attack_onset − visible_onset: negative where the attack works unseen, -Infinity where it is never visible, NaN where it never works';
--> statement-breakpoint
COMMENT ON VIEW "study_progress" IS 'how far each study is';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."desired" IS 'what the user wants: active, paused or cancelled';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."priority" IS 'jobs of a higher number are offered first';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."points" IS 'cells of the grid';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."stored" IS 'points that have their row';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."planned" IS 'jobs that wait for the coordinator';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."queued" IS 'jobs that are offered to workers, or run';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."done" IS 'jobs all of whose points are stored';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."dead" IS 'jobs that gave up; job.last_error says why';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."attempts" IS 'executions of jobs so far';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."failed_attempts" IS 'executions that failed';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."first_started_at" IS 'start of the first attempt, by its worker''s clock';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."last_finished_at" IS 'end of the last attempt, by its worker''s clock';
--> statement-breakpoint
COMMENT ON COLUMN "study_progress"."finished_at" IS 'when the last point was stored; null before';
--> statement-breakpoint
COMMENT ON VIEW "study_coverage" IS 'how many points of each study have which kind of result';
--> statement-breakpoint
COMMENT ON COLUMN "study_coverage"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "study_coverage"."points" IS 'cells of the grid';
--> statement-breakpoint
COMMENT ON COLUMN "study_coverage"."done" IS 'points with status ok';
--> statement-breakpoint
COMMENT ON COLUMN "study_coverage"."failed" IS 'points with another status: their metrics are NaN for a numeric reason';
--> statement-breakpoint
COMMENT ON COLUMN "study_coverage"."missing" IS 'points without a row yet';
--> statement-breakpoint
COMMENT ON VIEW "krr_detection" IS 'for each point with curvature, which detectors fire; null: the study lacks what the detector needs';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."replicate" IS 'as in krr: replicate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."length_scale" IS 'as in krr: length_scale';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."ridge" IS 'as in krr: ridge';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."target" IS 'as in krr: target';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."trigger_strength" IS 'as in krr: trigger_strength';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."gradient_penalty" IS 'as in krr: gradient_penalty';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."probe_distance" IS 'as in krr: probe_distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."poison_count" IS 'm, poisoned training rows';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."attack_success_rate" IS 'as in krr';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."refits" IS 'clean models (m = 0) of the same cell in other replicates';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."overlap_fires" IS 'A: gn_overlap_clean is above overlap_threshold, and above its m = 0 value by as much';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."top_fires" IS 'B: gn_top_clean is so far above the refits'' that (1 + refits at or above it) / (refits + 1) ≤ .05; null below 19 refits, which cannot say so';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."spike_fires" IS 'C: conformal_gn_power ≥ .5, on triggered probes';
--> statement-breakpoint
COMMENT ON COLUMN "krr_detection"."trace_fires" IS 'T3: conformal_trace_power ≥ .5, on triggered probes';
--> statement-breakpoint
COMMENT ON VIEW "krr_onset" IS 'for each line of poison counts, the smallest count at which the attack succeeds and each detector fires; null: at none';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."replicate" IS 'as in krr: replicate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."length_scale" IS 'as in krr: length_scale';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."ridge" IS 'as in krr: ridge';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."target" IS 'as in krr: target';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."trigger_strength" IS 'as in krr: trigger_strength';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."gradient_penalty" IS 'as in krr: gradient_penalty';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."probe_distance" IS 'as in krr: probe_distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."largest_count" IS 'what a null means: not up to this count';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."success_half" IS 'smallest m with attack_success_rate ≥ .5';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."success_most" IS 'smallest m with attack_success_rate ≥ .9';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."overlap" IS 'smallest m > 0 at which krr_detection.overlap_fires';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."top" IS 'smallest m > 0 at which krr_detection.top_fires';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."spike" IS 'smallest m > 0 at which krr_detection.spike_fires';
--> statement-breakpoint
COMMENT ON COLUMN "krr_onset"."trace" IS 'smallest m > 0 at which krr_detection.trace_fires';
--> statement-breakpoint
COMMENT ON VIEW "krr_lag" IS 'for each line on which the attack succeeds and each detector that the study has, how many poisons lie between the two';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."replicate" IS 'as in krr: replicate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."length_scale" IS 'as in krr: length_scale';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."ridge" IS 'as in krr: ridge';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."target" IS 'as in krr: target';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."trigger_strength" IS 'as in krr: trigger_strength';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."gradient_penalty" IS 'as in krr: gradient_penalty';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."probe_distance" IS 'as in krr: probe_distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."detector" IS 'overlap, top, spike, trace';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."success" IS 'attack_success_rate that counts as success: .5 or .9';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."success_onset" IS 'smallest m with that success';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."detection_onset" IS 'smallest m at which the detector fires; null where censored';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."is_censored" IS 'the detector never fires up to largest_count: its onset is beyond it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."lag" IS 'success_onset − detection_onset: negative means that the attack works before it is seen; −Infinity where censored';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag"."log_ratio" IS 'log10(detection_onset / success_onset); Infinity where censored';
--> statement-breakpoint
COMMENT ON VIEW "krr_lag_median" IS 'krr_lag over replicates: medians that count a detector which never fires as infinitely late';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."length_scale" IS 'as in krr: length_scale';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."ridge" IS 'as in krr: ridge';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."target" IS 'as in krr: target';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."trigger_strength" IS 'as in krr: trigger_strength';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."gradient_penalty" IS 'as in krr: gradient_penalty';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."probe_distance" IS 'as in krr: probe_distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."detector" IS 'as in krr_lag';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."success" IS 'as in krr_lag';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."replicates" IS 'lines on which the attack succeeds; the others are left out';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."censored" IS 'of these, lines on which the detector never fires';
--> statement-breakpoint
COMMENT ON COLUMN "krr_lag_median"."median_lag" IS 'lower median of lag; −Infinity where half or more are censored';
--> statement-breakpoint
COMMENT ON VIEW "krr_false_alarms" IS 'false-positive rates of the detectors, measured on clean models (m = 0), over replicates';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."study" IS 'study.name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."length_scale" IS 'as in krr: length_scale';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."ridge" IS 'as in krr: ridge';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."target" IS 'as in krr: target';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."trigger_strength" IS 'as in krr: trigger_strength';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."gradient_penalty" IS 'as in krr: gradient_penalty';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."probe_distance" IS 'as in krr: probe_distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."replicates" IS 'clean models';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."overlap" IS 'share with gn_overlap_clean above overlap_threshold';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."top" IS 'share that B would flag among the other replicates'' clean models; null below 19 of them';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."spike" IS 'mean conformal_gn_false: share of clean probes flagged';
--> statement-breakpoint
COMMENT ON COLUMN "krr_false_alarms"."trace" IS 'mean conformal_trace_false: share of clean probes flagged';
--> statement-breakpoint
COMMENT ON TABLE "study" IS 'one row per study file; the same file content is stored once';
--> statement-breakpoint
COMMENT ON COLUMN "study"."id" IS 'number of the study in this database; what other tables refer to';
--> statement-breakpoint
COMMENT ON COLUMN "study"."key" IS 'st_ and the first 16 hex digits of the identity; the same in every database';
--> statement-breakpoint
COMMENT ON COLUMN "study"."name" IS 'as in the study file; views find a study by it';
--> statement-breakpoint
COMMENT ON COLUMN "study"."experiment" IS 'krr, linear, cnn, noop: which result table holds the points';
--> statement-breakpoint
COMMENT ON COLUMN "study"."experiment_version" IS 'raised when the same spec gives other numbers than before; part of the identity';
--> statement-breakpoint
COMMENT ON COLUMN "study"."identity" IS 'SHA-256, in hex, of all that the results depend on: spec without name and paths, data fingerprint, experiment version';
--> statement-breakpoint
COMMENT ON COLUMN "study"."spec" IS 'the study file with its defaults spelled out; the order of the axes is the grid''s, the last one varies fastest';
--> statement-breakpoint
COMMENT ON COLUMN "study"."plan" IS 'how the grid is cut into jobs: sizes and chunk per axis, route of the linear algebra';
--> statement-breakpoint
COMMENT ON COLUMN "study"."data" IS 'the data set as found: fingerprint, shapes, files; null where the experiment uses none';
--> statement-breakpoint
COMMENT ON COLUMN "study"."folder" IS 'where the spec''s relative paths start from, on the coordinator''s machine';
--> statement-breakpoint
COMMENT ON COLUMN "study"."points" IS 'cells of the grid: the product of the axes'' lengths';
--> statement-breakpoint
COMMENT ON COLUMN "study"."jobs" IS 'boxes that the grid is cut into';
--> statement-breakpoint
COMMENT ON COLUMN "study"."desired" IS 'what the user wants: active, paused or cancelled; the coordinator acts on it within seconds';
--> statement-breakpoint
COMMENT ON COLUMN "study"."priority" IS 'jobs of a higher number are offered first';
--> statement-breakpoint
COMMENT ON COLUMN "study"."duplicates" IS 'rows that arrived again, equal in bits; harmless';
--> statement-breakpoint
COMMENT ON COLUMN "study"."conflicts" IS 'rows that arrived again with other bits; the first ones stay; more than 0 means that a computation is not reproducible';
--> statement-breakpoint
COMMENT ON COLUMN "study"."created_at" IS 'when the study was stored';
--> statement-breakpoint
COMMENT ON COLUMN "study"."finished_at" IS 'when the last point was stored; null before';
--> statement-breakpoint
COMMENT ON TABLE "job" IS 'one row per box of points that share a preparation; the unit that is queued, leased and retried';
--> statement-breakpoint
COMMENT ON COLUMN "job"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "job"."number" IS 'index of the box, row-major over the study''s plan';
--> statement-breakpoint
COMMENT ON COLUMN "job"."points" IS 'points of the box';
--> statement-breakpoint
COMMENT ON COLUMN "job"."stored" IS 'points of the box that have their row';
--> statement-breakpoint
COMMENT ON COLUMN "job"."state" IS 'planned: waits for the coordinator; queued: offered to workers; done: all points stored; dead: gave up, see last_error';
--> statement-breakpoint
COMMENT ON COLUMN "job"."attempts" IS 'attempts that failed since the job was planned or retried; interruptions do not count; at 3 it is dead';
--> statement-breakpoint
COMMENT ON COLUMN "job"."not_before" IS 'a failed job is not offered again before this time; null: at once';
--> statement-breakpoint
COMMENT ON COLUMN "job"."last_error" IS 'the last failure: kind (resource, infrastructure, bug), code and message';
--> statement-breakpoint
COMMENT ON TABLE "attempt" IS 'one row per execution of a job, whatever came of it';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."id" IS 'number of the attempt in this database, in order of arrival';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."job" IS 'job.number';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."worker" IS 'which worker process';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."published_at" IS 'when the queue took the job in, by its clock: one value per publication; null in rows of before this was recorded';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."delivery" IS 'how many times this publication of the job had been delivered, from 1';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."started_at" IS 'by the worker''s clock';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."finished_at" IS 'by the worker''s clock';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."outcome" IS 'done; interrupted: a shutdown or a lost lease, which costs the job nothing; failed: see the failure columns';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."failure_kind" IS 'resource, infrastructure or bug; null unless failed';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."failure_code" IS 'what failed, as one word; null unless failed';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."failure_message" IS 'what failed, in words; null unless failed';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."provider" IS 'who did the linear algebra; null where there was none';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."prepare_ms" IS 'milliseconds spent on what the job''s points share; 0 if it was still there from another job';
--> statement-breakpoint
COMMENT ON COLUMN "attempt"."measure_ms" IS 'milliseconds spent on the points themselves';
--> statement-breakpoint
COMMENT ON TABLE "worker" IS 'one row per worker process ever heard of';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."worker" IS 'name of the process: host and a random part';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."host" IS 'machine it runs on';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."version" IS 'version of nearclone';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."provider" IS 'who does its linear algebra';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."slots" IS 'jobs it runs at a time';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."memory_bytes" IS 'memory that its jobs may take together; null if it never said';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."gpus" IS 'its GPUs: name, memoryBytes, usedBytes, utilisation in [0, 1]';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."running" IS 'jobs it ran when last heard of';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."first_seen" IS 'by the database''s clock';
--> statement-breakpoint
COMMENT ON COLUMN "worker"."last_seen" IS 'by the database''s clock; workers report every few seconds while they live';
--> statement-breakpoint
COMMENT ON TABLE "cluster" IS 'one row: the name by which a queue tells this database''s jobs from those of others';
--> statement-breakpoint
COMMENT ON COLUMN "cluster"."id" IS 'a random word, made when a coordinator first asked for it';
--> statement-breakpoint
COMMENT ON COLUMN "cluster"."created_at" IS 'when that was';
--> statement-breakpoint
COMMENT ON TABLE "data_file" IS 'files of data sets as submitted, for workers that have no copy; a file is stored once';
--> statement-breakpoint
COMMENT ON COLUMN "data_file"."sha256" IS 'of the content, in hex; study.data names files by it';
--> statement-breakpoint
COMMENT ON COLUMN "data_file"."bytes" IS 'length; the file is complete once its pieces add up to it';
--> statement-breakpoint
COMMENT ON COLUMN "data_file"."created_at" IS 'when it was stored';
--> statement-breakpoint
COMMENT ON TABLE "data_piece" IS 'the content of data_file, in pieces';
--> statement-breakpoint
COMMENT ON COLUMN "data_piece"."file" IS 'data_file.sha256';
--> statement-breakpoint
COMMENT ON COLUMN "data_piece"."number" IS 'place of the piece, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "data_piece"."content" IS '1 MiB of the file; the last piece may be shorter';
--> statement-breakpoint
COMMENT ON TABLE "krr_result" IS 'one row per point of a krr study; view krr has it with the study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."replicate" IS 'index of the random draw of training rows, test rows and poison bases';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."length_scale" IS 'kernel length scale, in the unit that the study''s kernel.length_scale_unit names; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."ridge" IS 'λ of the study; the absolute ridge c follows by ridge_scaling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."poison_count" IS 'm, poisoned training rows, as realised; for attack shortcut, perturbed rows with their own labels';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."poison_rate" IS 'θ = m / (n + m), or m / n for attacks replace and shortcut, as realised: the poisons'' share of all training rows';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gradient_penalty" IS 'κ, weight of Σ|∇f|² over all training rows beside Σ|y − f|²; in squared units of feature distance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."probe_distance" IS 'r, distance of the near probe x0 = ζ + r u from the poison ζ, in units of feature distance; 0 in studies without it. ntk and nngp put x0 back on the unit sphere';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."attack_success_rate" IS 'share of triggered test rows not of the target class that are classified as the target; a tie counts as success. For attack shortcut they carry the target class''s own pattern';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."delta_f" IS 'mean over triggered non-target test rows of f_target(x) with the poison minus without it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."delta_f_law" IS 'the interaction-free law for delta_f (arXiv 2602.00822, Th. 3.3): mean k(x, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m) for q classes, with k averaged over the first m poisons where they are distinct';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."posterior_variance" IS 's = k(ζ, ζ) − k_ζᵀ (K + cI)⁻¹ k_ζ; for attacks of distinct poisons its mean over the first max(m, 1), given all n clean rows, replaced ones included';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gamma" IS '1ᵀ (S + cI)⁻¹ 1 with S the poisons'' posterior covariance given the clean rows that remain: m / (c + m s) for clones';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."effective_dof" IS 'trace of the smoother of all training rows: n + m, or n for attacks replace and shortcut';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."train_mse" IS 'mean over all training rows (n + m, or n for attacks replace and shortcut) of the squared residual, summed over the outputs';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."ridge_absolute" IS 'c, the ridge added to the kernel''s diagonal';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."length_scale_absolute" IS 'length scale in units of feature distance; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_top_clean" IS 'largest eigenvalue of the mean of JᵀJ over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_gap_clean" IS '(λ1 − λ2) / λ1 of the mean of JᵀJ over the clean probes (what a defender can look at): near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the trigger direction, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_subspace_overlap_clean" IS 'squared length of the trigger direction within the top q − 1 eigenvectors of the mean of JᵀJ over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_best_index_clean" IS 'which of these eigenvectors, from 1, has the largest squared cosine with the trigger direction, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_law_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇k(x, ζ), over the clean probes (what a defender can look at): x − ζ on average for radial kernels, ζ for the others; NaN for attack added, which has no one ζ';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_pull_overlap_clean" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇g (clones) or of what the poisons add to ∇f_target (added), where the poison really pushes, over the clean probes (what a defender can look at)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_top_triggered" IS 'largest eigenvalue of the mean of JᵀJ over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_gap_triggered" IS '(λ1 − λ2) / λ1 of the mean of JᵀJ over the triggered probes (the oracle view): near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the trigger direction, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_subspace_overlap_triggered" IS 'squared length of the trigger direction within the top q − 1 eigenvectors of the mean of JᵀJ over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_best_index_triggered" IS 'which of these eigenvectors, from 1, has the largest squared cosine with the trigger direction, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_law_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇k(x, ζ), over the triggered probes (the oracle view): x − ζ on average for radial kernels, ζ for the others; NaN for attack added, which has no one ζ';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_pull_overlap_triggered" IS 'squared cosine of gn_top''s eigenvector with the mean of ∇g (clones) or of what the poisons add to ∇f_target (added), where the poison really pushes, over the triggered probes (the oracle view)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_clean_true" IS 'largest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_clean_true" IS 'smallest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_clean_true" IS 'trace of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_clean_true" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_clean_true" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_clean_predicted" IS 'largest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_clean_predicted" IS 'smallest eigenvalue of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_clean_predicted" IS 'trace of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_clean_predicted" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_clean_predicted" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the clean probes (what a defender can look at), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_triggered_true" IS 'largest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_triggered_true" IS 'smallest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_triggered_true" IS 'trace of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_triggered_true" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_triggered_true" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the triggered probes (the oracle view), y the true label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_triggered_predicted" IS 'largest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_triggered_predicted" IS 'smallest eigenvalue of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_triggered_predicted" IS 'trace of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_triggered_predicted" IS '(λ1 − λ2) / |λ1| of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label: near 0 its top eigenvector is arbitrary';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_triggered_predicted" IS 'squared cosine with the trigger direction of the top eigenvector of the mean input Hessian of the loss over the triggered probes (the oracle view), y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_spike" IS 'mean over the triggered probes of |J − J0|², J0 the clean model''s: the poison''s own Gauss-Newton curvature, exact; γ² |r|² |∇g|² for clones';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_spike_law" IS 'the interaction-free law for gn_spike (arXiv 2602.00822, Th. 3.4): R_k (Δf)² = |∇k(x, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))², mean over the triggered probes; NaN for attack added';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."overlap_threshold" IS '99.9 % quantile of the squared cosine with a random direction, Beta(1/2, (d − 1)/2): overlaps above it do not come by chance';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_gn_power" IS 'share of triggered probes whose largest eigenvalue of JᵀJ is above 95 % of the references'' (conformal p ≤ .05); NaN without references';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_gn_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_hessian_power" IS 'share of triggered probes whose Hessian''s largest eigenvalue, y the predicted label, is above 95 % of the references'' (conformal p ≤ .05); NaN unless curvature.pointwise asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_hessian_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_trace_power" IS 'share of triggered probes whose Hessian trace, y the predicted label, is outside the middle 95 % of the references'' (two-sided conformal p ≤ .05); NaN without references';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."conformal_trace_false" IS 'the same share of the clean probes: its false-positive rate';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."curvature_cusps" IS 'pairs of a probe and a training row at distance 0 whose term has no derivative and is left out (laplace, ntk)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gradient_mean_square" IS 'mean over all n + m training rows of |∇f|², summed over the outputs';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."length_scale_effective" IS '√(l² + 2κ): the length scale that κ amounts to where data are dense and the ridge is negligible; NaN for kernels without one';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."cluster_deviation" IS '‖S − s 11ᵀ‖ / (s m): how far the m poisons'' posterior covariance S is from that of m clones of the first, s = S_11, in spectral norms; 0 for m ≤ 1 (arXiv 2602.00822, Assumption 3.1)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."accuracy_drop" IS 'clean_accuracy of the model without perturbed rows minus clean_accuracy';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."delta_f_near" IS 'f_target(x0) with the poison minus without it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."delta_f_law_near" IS 'the interaction-free law for delta_f_near: k(x0, ζ) · (1 − 1/q) · m / (c + k(ζ, ζ) m)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."success_near" IS '1 if x0 is classified as the target, else 0; a tie counts as success';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_spike_near" IS 'γ² |r|² |∇g|² at the near probe x0: the poison''s own Gauss-Newton curvature, exact';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_spike_law_near" IS 'its interaction-free law at the near probe x0: |∇k(x0, ζ)|² (1 − 1/q) (m / (c + k(ζ, ζ) m))²';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_spike_floor" IS 'γ² |r|² |∇s(ζ)|² / 4: what gn_spike_near tends to as probe_distance goes to 0, s the posterior variance; not defined on the cusp of laplace, where it leaves the poison''s own term out';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_top_near" IS 'largest eigenvalue of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_gap_near" IS '(λ1 − λ2) / λ1 of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with u';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_subspace_overlap_near" IS 'squared length of u within the top q − 1 eigenvectors of JᵀJ at the near probe x0';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_best_index_near" IS 'which of these eigenvectors, from 1, has the largest squared cosine with u';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_law_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with ∇k(x0, ζ); 0 where that is 0';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."gn_pull_overlap_near" IS 'squared cosine of gn_top_near''s eigenvector with ∇g(x0)';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_near_true" IS 'largest eigenvalue of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_near_true" IS 'smallest eigenvalue of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_near_true" IS 'trace of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_near_true" IS '(λ1 − λ2) / |λ1| of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_near_true" IS 'squared cosine with u of the top eigenvector of the loss''s input Hessian at the near probe x0, y the poison''s class before relabelling';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_top_near_predicted" IS 'largest eigenvalue of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_bottom_near_predicted" IS 'smallest eigenvalue of the loss''s input Hessian at the near probe x0, y the predicted label; NaN unless curvature.bottom asks for it';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_trace_near_predicted" IS 'trace of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_gap_near_predicted" IS '(λ1 − λ2) / |λ1| of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."hessian_overlap_near_predicted" IS 'squared cosine with u of the top eigenvector of the loss''s input Hessian at the near probe x0, y the predicted label';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectral_auc" IS 'spectral signatures: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectral_tpr" IS 'spectral signatures: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectral_fpr" IS 'spectral signatures: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."clustering_auc" IS 'activation clustering: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."clustering_tpr" IS 'activation clustering: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."clustering_fpr" IS 'activation clustering: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectre_auc" IS 'SPECTRE: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectre_tpr" IS 'SPECTRE: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."spectre_fpr" IS 'SPECTRE: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."scan_auc" IS 'SCAn: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."scan_tpr" IS 'SCAn: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."scan_fpr" IS 'SCAn: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."strip_auc" IS 'STRIP: chance that a triggered probe has less entropy than a clean one; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."strip_tpr" IS 'STRIP: share of triggered probes flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."strip_fpr" IS 'STRIP: share of clean probes flagged that did not set the threshold; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."dpa_clean_accuracy" IS 'clean_accuracy of the partitions'' vote; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."dpa_success" IS 'attack_success_rate against the partitions'' vote; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."dpa_certified" IS 'share of clean test rows that the vote gets right and certifies against this point''s poisons (2m row changes for attack replace, else m); NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."dpa_radius" IS 'mean over clean test rows of the row changes that cannot change the vote, 0 where the vote is wrong; NaN without partitions';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."refinement_steps" IS '0: K + cI was factorised and solved in float64, or the row has no metrics; k ≥ 1: it was factorised in float32, and its solutions took at most k corrections until ‖b − Ax‖ ≤ √n ε (‖A‖‖x‖ + ‖b‖) in maximum norms, with residuals in float64. effective_dof is then float32''s own: off by about 1e-7 √n mean(diag K) / c';
--> statement-breakpoint
COMMENT ON COLUMN "krr_result"."condition_estimate" IS '‖K + cI‖₁ ‖(K + cI)⁻¹‖₁, estimated from below with the float32 factor; from 1e7 on the system is solved in float64. NaN where float32 has no factor, or the row no metrics';
--> statement-breakpoint
COMMENT ON TABLE "network_result" IS 'one row per point of a linear or cnn study; view linear or cnn has it with the study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."replicate" IS 'index of the random draw of rows, of initial weights, order and poison choice';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."poison_rate" IS 'θ = m / n as asked: share of the n training rows that are poisoned; poison_count is what it came to';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."trigger_strength" IS 'factor on the trigger, in training and at test: 0 leaves the images as they are';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."target" IS 'class that the poison is labelled as, after the class filter''s renumbering';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."gradient_penalty" IS 'κ of J = E L + (κ/2) E|∇ₓL|², per example, x in the network''s (standardised) units';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."weight_decay" IS 'added to every weight''s gradient, times the weight';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."learning_rate" IS 'step size of stochastic gradient descent, before the schedule';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."augmentation" IS '0: none; 1: random crop of training.crop pixels and horizontal flip, central crop at test';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."epochs" IS 'passes over the training rows';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."poison_count" IS 'm, poisoned training rows, as realised';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."clean_accuracy" IS 'share of clean test rows whose own class scores highest; a tie counts as correct';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."attack_success_rate" IS 'share of triggered test rows, target class left out (one_to_one: of the source class), classified as the target; a tie counts as success';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."train_loss" IS 'mean loss over the last epoch''s training rows, poisons included, as they were trained on';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."test_loss" IS 'mean loss over clean test rows';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."triggered_loss" IS 'mean loss of the target label over triggered test rows, target class left out';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."input_gradient_square" IS 'mean over the clean probes (test rows without a trigger) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_top" IS 'mean over the clean probes (test rows without a trigger) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_trace" IS 'mean over the clean probes (test rows without a trigger) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_overlap" IS 'mean over the clean probes (test rows without a trigger) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_subspace_overlap" IS 'mean over the clean probes (test rows without a trigger) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."mean_hessian_top" IS 'largest eigenvalue of the mean input Hessian over the clean probes (test rows without a trigger)';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."mean_hessian_overlap" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."input_gradient_square_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of |∇ₓL|², L with the label: the true one';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_top_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_trace_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the trace of Jᵀ D J, which is the input Hessian''s for piecewise linear networks';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of cos² between the top eigenvector and the row''s own trigger direction, rows without curvature left out';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."hessian_subspace_overlap_triggered" IS 'mean over the triggered probes (the same test rows, target class left out, triggered) of the summed cos² of the top q − 1 eigenvectors; NaN for smooth networks';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."mean_hessian_top_triggered" IS 'largest eigenvalue of the mean input Hessian over the triggered probes (the same test rows, target class left out, triggered)';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."mean_hessian_overlap_triggered" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."overlap_null" IS '99.9 % quantile of cos² between a fixed and a random direction: Beta(1/2, (d − 1)/2)';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."attack_onset_epoch" IS 'first measured epoch with attack success ≥ 0.5; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."attack_onset90_epoch" IS 'first measured epoch with attack success ≥ 0.9; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."visible_onset_epoch" IS 'first measured epoch with mean_hessian_overlap above overlap_null; Infinity if none';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."lag_epochs" IS 'attack_onset_epoch − visible_onset_epoch: negative where the attack works before it is visible, −Infinity where it is never visible; NaN where it never works';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."epochs_done" IS 'epochs trained: fewer than asked where the status is diverged or pruned';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."gradient_penalty_batch" IS 'κ · batch: the same penalty written as (κ_code/2) Σᵢ |∂(mean loss)/∂xᵢ|²';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."backend" IS 'who trained: 0 tensorflow, 1 webgpu, 2 wasm, 3 cpu; the attempt names the device';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectral_auc" IS 'spectral signatures: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectral_tpr" IS 'spectral signatures: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectral_fpr" IS 'spectral signatures: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."clustering_auc" IS 'activation clustering: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."clustering_tpr" IS 'activation clustering: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."clustering_fpr" IS 'activation clustering: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectre_auc" IS 'SPECTRE: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectre_tpr" IS 'SPECTRE: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."spectre_fpr" IS 'SPECTRE: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."scan_auc" IS 'SCAn: chance that a poison scores above a clean row of the target class, ties half; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."scan_tpr" IS 'SCAn: share of poisons flagged; NaN without poison, or not asked for';
--> statement-breakpoint
COMMENT ON COLUMN "network_result"."scan_fpr" IS 'SCAn: share of all clean training rows flagged; NaN where not asked for';
--> statement-breakpoint
COMMENT ON TABLE "noop_result" IS 'one row per point of a noop study; view noop has it with the study''s name';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."point" IS 'row-major index of the point in the study''s grid, the last axis fastest, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."job" IS 'job.number whose attempt computed the point';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."status" IS 'ok, or the numeric reason why metrics are NaN; such a point is a result and is not retried';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."replicate" IS 'first coordinate; points of one job share it';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."x" IS 'second coordinate, any number';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."y" IS 'third coordinate, any number';
--> statement-breakpoint
COMMENT ON COLUMN "noop_result"."hash" IS 'a hash of study seed and point, in [0, 1)';
--> statement-breakpoint
COMMENT ON TABLE "network_curve" IS 'learning curves: one row per measured epoch of a run of a linear or cnn study';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."point" IS 'row-major index of the point in the study''s grid, as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."epoch" IS 'passes over the training rows done; 0: before training';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."learning_rate" IS 'step size in this epoch';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."train_loss" IS 'mean loss over the epoch''s training rows, poisons included; NaN before training';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."test_loss" IS 'mean loss over clean test rows';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."triggered_loss" IS 'mean loss of the target label over triggered test rows, target class left out';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."clean_accuracy" IS 'as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."attack_success_rate" IS 'as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."input_gradient_square" IS 'mean over the clean probes (test rows without a trigger) of |∇ₓL|²';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."hessian_top" IS 'mean over the clean probes (test rows without a trigger) of the input Hessian''s largest eigenvalue';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."hessian_trace" IS 'mean over the clean probes (test rows without a trigger) of the trace of Jᵀ D J';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."hessian_overlap" IS 'mean over the clean probes (test rows without a trigger) of cos² between the top eigenvector and the trigger direction';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."mean_hessian_top" IS 'largest eigenvalue of the mean input Hessian over the clean probes (test rows without a trigger)';
--> statement-breakpoint
COMMENT ON COLUMN "network_curve"."mean_hessian_overlap" IS 'cos² between that mean''s top eigenvector and the mean trigger direction';
--> statement-breakpoint
COMMENT ON TABLE "network_poison" IS 'which training rows of a run of a linear or cnn study are poisoned';
--> statement-breakpoint
COMMENT ON COLUMN "network_poison"."study" IS 'study.id';
--> statement-breakpoint
COMMENT ON COLUMN "network_poison"."point" IS 'row-major index of the point in the study''s grid, as in the result table';
--> statement-breakpoint
COMMENT ON COLUMN "network_poison"."train_row" IS 'place among the replicate''s clean training rows, from 0';
--> statement-breakpoint
COMMENT ON COLUMN "network_poison"."label" IS 'the row''s own class, before it was relabelled as the target';
--> statement-breakpoint
COMMENT ON COLUMN "network_poison"."strength" IS 'the row''s own trigger strength';
