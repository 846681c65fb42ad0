"""Pictures of what was decided are kept for nobody any more: they go when their term is over."""

from tortoise import migrations
from tortoise.migrations import operations as ops

RELEASE = (
    "UPDATE video_observation SET referred = FALSE WHERE referred = TRUE AND id IN ("
    "SELECT s.observation_id FROM city_eye_sighting s "
    "JOIN city_eye_finding f ON f.id = s.finding_id WHERE f.state <> 'pending')"
)


class Migration(migrations.Migration):
    dependencies = [("city_eye", "0003_scenes"), ("video", "0008_hours")]

    initial = False

    operations = [ops.RunSQL(RELEASE, reverse_sql=ops.RunSQL.noop)]
